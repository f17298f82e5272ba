import { useMutation } from "@tanstack/react-query";
import { problemText } from "../api/client";
import { useOpen } from "../app/open";
import { Button } from "../ui/Button";
import { toast } from "../ui/toast";
import { importSample } from "./importing";

/** Adds the sample collection and opens it. */
export function SampleButton({ workspaceId }: { workspaceId: string }) {
  const open = useOpen(workspaceId);
  const sample = useMutation({
    mutationFn: () => importSample(workspaceId),
    onSuccess: (imported) => open({ kind: "collection", id: imported.id }),
    onError: (problem) => toast({ kind: "problem", text: problemText(problem) }),
  });
  return (
    <Button icon="bolt" busy={sample.isPending} onClick={() => sample.mutate()}>
      Add the sample
    </Button>
  );
}
