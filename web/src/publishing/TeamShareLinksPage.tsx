import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { answered, client, isProblem, problemText } from "../api/client";
import { PageFrame } from "../app/PageFrame";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import { LinkCells, LinkHeads } from "./ShareLinks";

/** Every link by which something of the team can be read, with a way for Admins to end each. */
export function TeamShareLinksPage() {
  const links = useInfiniteQuery({
    queryKey: ["team-share-links"],
    queryFn: ({ pageParam, signal }) =>
      answered(
        client.GET("/api/share-links", {
          params: { query: pageParam === "" ? {} : { after: pageParam } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      answered(client.DELETE("/api/share-links/{id}", { params: { path: { id } } })),
    onSettled: () => links.refetch(),
  });
  const items = links.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <PageFrame
      title="Share links"
      lead="Whoever opens such a link can read a collection without a role in its workspace."
      wide
    >
      {links.error && (
        <Notice kind={isProblem(links.error) && links.error.status === 403 ? "info" : "problem"}>
          {problemText(links.error)}
        </Notice>
      )}
      {remove.error && <Notice kind="problem">{problemText(remove.error)}</Notice>}
      {links.isPending && <Spinner label="Loading links" />}
      {links.data && items.length === 0 && (
        <EmptyState icon="link" title="There is no share link">
          People who edit a collection make one from its share dialog. It is listed here as long as it holds.
        </EmptyState>
      )}
      {items.length > 0 && (
        <table className={table.table} aria-label="Share links">
          <thead>
            <tr>
              <th>Collection</th>
              <th>Workspace</th>
              <LinkHeads />
            </tr>
          </thead>
          <tbody>
            {items.map((link) => (
              <tr key={link.id}>
                <td>{link.collectionName}</td>
                <td className={table.soft}>{link.workspaceName ?? "In the trash: it opens nothing"}</td>
                <LinkCells
                  link={link}
                  of={`the link to ${link.collectionName}`}
                  busy={remove.isPending && remove.variables === link.id}
                  onDelete={() => remove.mutate(link.id)}
                />
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {links.hasNextPage && (
        <div>
          <Button busy={links.isFetchingNextPage} onClick={() => void links.fetchNextPage()}>
            Show older links
          </Button>
        </div>
      )}
    </PageFrame>
  );
}
