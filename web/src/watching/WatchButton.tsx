import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { answered, client, problemText } from "../api/client";
import { cache } from "../api/resources";
import { Button } from "../ui/Button";
import { toast } from "../ui/toast";

/** What can be watched. */
export interface Watched {
  kind: "workspace" | "collection";
  id: string;
}

const watchQuery = ({ kind, id }: Watched) =>
  queryOptions({
    queryKey: ["watch", kind, id],
    queryFn: () => {
      const request = { params: { path: { id } } };
      return answered(
        kind === "workspace"
          ? client.GET("/api/workspaces/{id}/watch", request)
          : client.GET("/api/collections/{id}/watch", request),
      );
    },
  });

/** Lets somebody be told of what others change in a workspace or a collection, and says how many are. */
export function WatchButton({ of }: { of: Watched }) {
  const query = watchQuery(of);
  const found = useQuery(query).data;
  const request = { params: { path: { id: of.id } } };
  const change = useMutation({
    mutationFn: (wanted: boolean) => {
      if (of.kind === "workspace")
        return answered(
          wanted
            ? client.PUT("/api/workspaces/{id}/watch", request)
            : client.DELETE("/api/workspaces/{id}/watch", request),
        );
      return answered(
        wanted
          ? client.PUT("/api/collections/{id}/watch", request)
          : client.DELETE("/api/collections/{id}/watch", request),
      );
    },
    onSuccess: (_, wanted) =>
      toast({
        kind: "success",
        text: wanted
          ? `You are told when others change this ${of.kind}, once an hour at most.`
          : `You are not told of changes in this ${of.kind} any more.`,
      }),
    onError: (problem) => toast({ kind: "problem", text: problemText(problem) }),
    onSettled: () => cache.invalidateQueries({ queryKey: query.queryKey }),
  });
  if (!found) return null;
  const { watching, watchers } = found;
  return (
    <Button
      icon={watching ? "eye-off" : "eye"}
      busy={change.isPending}
      title={watchers === 1 ? "One person watches it" : `${watchers} people watch it`}
      onClick={() => change.mutate(!watching)}
    >
      {watching ? "Unwatch" : "Watch"}
    </Button>
  );
}
