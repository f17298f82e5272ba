import { answered, api, client } from "../api/client";
import { cache } from "../api/resources";
import type { components } from "../api/schema";

export type Notification = components["schemas"]["Notification"];

/** How often it is asked whether there is something new, in milliseconds. */
const OFTEN = 60_000;

export const unreadQuery = api.queryOptions(
  "get",
  "/api/notifications/unread",
  {},
  { staleTime: 10_000, refetchInterval: OFTEN, refetchOnWindowFocus: true },
);

export const preferencesQuery = api.queryOptions(
  "get",
  "/api/notifications/preferences",
  {},
  { staleTime: 0 },
);

/** The newest first, page by page. */
export const notificationsQuery = (unread: boolean) => ({
  queryKey: ["notifications", unread],
  queryFn: ({ pageParam, signal }: { pageParam: string | null; signal: AbortSignal }) =>
    answered(
      client.GET("/api/notifications", {
        params: {
          query: { limit: 50, ...(unread ? { unread } : {}), ...(pageParam ? { before: pageParam } : {}) },
        },
        signal,
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page: { next: string | null }) => page.next,
});

/** Has the bell and the page show what is so now. */
export async function readAnew(): Promise<void> {
  await Promise.all([
    cache.invalidateQueries(unreadQuery),
    cache.invalidateQueries({ queryKey: ["notifications"] }),
  ]);
}
