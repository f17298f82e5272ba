import { answered, api, client } from "../api/client";
import { confirmed } from "./confirming";

/** The teams that one is in, and whether one may make another. */
export const teamsQuery = api.queryOptions("get", "/api/teams", {}, { staleTime: 60_000 });

const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("bulla-team");

/** Everything on the page is the other team's: the page begins anew. */
function beginAnew() {
  globalThis.location.assign("/");
}

/**
 * Has the session act in another team, and begins the page anew. Where an Admin has ended the sessions there, one confirms
 * first that it is oneself.
 *
 * Drafts and local values stay in this browser until one comes back.
 */
export async function switchTeam(id: string) {
  await confirmed(() => answered(client.POST("/api/teams/{id}/switch", { params: { path: { id } } })));
  channel?.postMessage(id);
  beginAnew();
}

/** Has this window follow when another window of the browser goes to another team: they share one session. */
export function followTeam() {
  channel?.addEventListener("message", beginAnew);
}
