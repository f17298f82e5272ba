import { infiniteQueryOptions } from "@tanstack/react-query";
import { answered, client } from "../api/client";
import { cache } from "../api/resources";
import type { components } from "../api/schema";

/** Something that was sent or run. Its body is not kept. */
export type HistoryEntry = components["schemas"]["HistoryEntry"];

/** What was sent and run in a workspace, newest first, a page at a time. */
export const historyQuery = (workspaceId: string) =>
  infiniteQueryOptions({
    queryKey: ["history", workspaceId],
    queryFn: ({ pageParam, signal }) =>
      answered(
        client.GET("/api/workspaces/{id}/history", {
          params: {
            path: { id: workspaceId },
            query: { limit: 100, ...(pageParam === null ? {} : { before: pageParam }) },
          },
          signal,
        }),
      ),
    // The place before which the page begins is a text, or nothing for the first page.
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 5_000,
  });

/** Reads the history again when it is looked at. */
export function historyChanged(workspaceId: string) {
  void cache.invalidateQueries({ queryKey: historyQuery(workspaceId).queryKey });
}

export async function clearHistory(workspaceId: string) {
  await answered(client.DELETE("/api/workspaces/{id}/history", { params: { path: { id: workspaceId } } }));
  historyChanged(workspaceId);
}

export async function removeFromHistory(workspaceId: string, id: string) {
  await answered(client.DELETE("/api/history/{id}", { params: { path: { id } } }));
  historyChanged(workspaceId);
}

/** Forgets the cookies that answers set for you in a workspace. */
export async function clearCookies(workspaceId: string) {
  await answered(client.DELETE("/api/workspaces/{id}/cookies", { params: { path: { id: workspaceId } } }));
}

/** The whole body of an answer that was too large for its event. The server keeps it for an hour. */
export async function keptBody(id: string, signal?: AbortSignal): Promise<Blob> {
  return answered(
    client.GET("/api/bodies/{id}", {
      params: { path: { id } },
      parseAs: "blob",
      ...(signal ? { signal } : {}),
    }),
  );
}
