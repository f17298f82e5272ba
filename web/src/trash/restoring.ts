import { answered, api, client, problemText } from "../api/client";
import { cache, collectionsQuery, environmentsQuery, nodesQuery, workspacesQuery } from "../api/resources";
import type { components } from "../api/schema";
import { toast } from "../ui/toast";

export type TrashEntry = components["schemas"]["TrashEntry"];

export const trashQuery = (workspaceId: string) =>
  api.queryOptions(
    "get",
    "/api/workspaces/{id}/trash",
    { params: { path: { id: workspaceId }, query: { limit: 200 } } },
    { staleTime: 0 },
  );
export const deletedWorkspacesQuery = api.queryOptions("get", "/api/trash", {}, { staleTime: 0 });

/** Puts something back that was deleted, and has what shows its workspace look again. */
export async function restore(id: string, workspaceId: string) {
  const restored = await answered(client.POST("/api/trash/{id}/restore", { params: { path: { id } } }));
  await Promise.all([
    cache.invalidateQueries(trashQuery(workspaceId)),
    cache.invalidateQueries(deletedWorkspacesQuery),
    cache.invalidateQueries(workspacesQuery),
    cache.invalidateQueries(collectionsQuery(workspaceId)),
    cache.invalidateQueries(environmentsQuery(workspaceId)),
    // Which collection a folder or request came back to is not told.
    cache.invalidateQueries({ queryKey: nodesQuery("").queryKey.slice(0, 1) }),
  ]);
  return restored;
}

/** Deletes something for good. */
export async function purge(id: string, workspaceId: string) {
  await answered(client.DELETE("/api/trash/{id}", { params: { path: { id } } }));
  await Promise.all([
    cache.invalidateQueries(trashQuery(workspaceId)),
    cache.invalidateQueries(deletedWorkspacesQuery),
  ]);
}

/** Says that something was deleted, with a button that takes it back. */
export function offerUndo(id: string, name: string, workspaceId: string) {
  void cache.invalidateQueries(trashQuery(workspaceId));
  toast({
    kind: "info",
    text: `${name} is in the trash.`,
    action: {
      label: "Undo",
      onSelect: () => {
        restore(id, workspaceId).then(
          () => toast({ kind: "success", text: `${name} is back.` }),
          (problem: unknown) => toast({ kind: "problem", text: problemText(problem) }),
        );
      },
    },
  });
}
