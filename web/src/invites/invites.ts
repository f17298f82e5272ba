import { api } from "../api/client";
import { cache } from "../api/resources";
import type { components } from "../api/schema";

export type Invite = components["schemas"]["Invite"];
export type InviteLink = components["schemas"]["InviteLink"];
export type Suggestion = components["schemas"]["Suggestion"];
export type InviteResult = components["schemas"]["InviteResult"];

export const linksQuery = api.queryOptions("get", "/api/invite-links", {}, { staleTime: 0 });
export const suggestionsQuery = api.queryOptions("get", "/api/suggestions", {}, { staleTime: 0 });
export const invitePolicyQuery = api.queryOptions("get", "/api/invites/policy");
export const invitesKey = ["invites"];

/** Reads everything about invites again. */
export function refreshInvites() {
  return Promise.all([
    cache.invalidateQueries({ queryKey: invitesKey }),
    cache.invalidateQueries(linksQuery),
    cache.invalidateQueries(suggestionsQuery),
  ]);
}

/** The addresses in a text: one a line, or with commas, semicolons or blanks between them. */
export function addressesIn(text: string): string[] {
  const found = text.split(/[\s,;]+/).filter((part) => part !== "");
  return [...new Set(found)];
}

/** What became of one address, in words. */
export function outcomeText(result: InviteResult): string {
  switch (result.outcome) {
    case "invited":
      return "Invited";
    case "suggested":
      return "Suggested to the Admins";
    case "member":
      return "Is in the team already";
    case "waiting":
      return "Has an invite or a suggestion already";
    case "refused":
      return result.problem ?? "Not invited";
  }
}
