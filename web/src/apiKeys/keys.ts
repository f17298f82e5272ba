import { api } from "../api/client";
import type { components } from "../api/schema";
import { dateText } from "../accounts/dates";

export type ApiKey = components["schemas"]["ApiKey"];
export type TeamApiKey = components["schemas"]["TeamApiKey"];
export type ApiKeyPolicy = components["schemas"]["ApiKeyPolicy"];

export const ownKeysQuery = api.queryOptions("get", "/api/account/api-keys", {}, { staleTime: 0 });
export const policyQuery = api.queryOptions("get", "/api/api-keys/policy", {}, { staleTime: 0 });

/** The times that a key may be given; the empty one is no end. */
export const periods = [
  { value: "", label: "Never" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "60", label: "60 days" },
  { value: "90", label: "90 days" },
  { value: "180", label: "180 days" },
  { value: "365", label: "A year" },
] as const;

export type Period = (typeof periods)[number]["value"];

export function daysOf(period: Period): number | null {
  return period === "" ? null : Number(period);
}

/** The period of so many days, or `null` where the list has none: somebody else's program may have said another number. */
export function periodOf(days: number | null): Period | null {
  return periods.find(({ value }) => value === (days === null ? "" : String(days)))?.value ?? null;
}

/** Enough of a key to know it again: the beginning of its id, and its last two characters. */
export function shortText(key: ApiKey): string {
  return `${key.masked.slice(0, 13)}…${key.masked.slice(-2)}`;
}

/** What is to be said of a key's end: "Active", "Revoked by an Admin". */
export function statusText(key: ApiKey): string {
  switch (key.because) {
    case null:
      return "Active";
    case "owner":
      return "Revoked by its owner";
    case "admin":
      return "Revoked by an Admin";
    case "age":
      return "Expired";
    case "inactivity":
      return "Expired: not used for too long";
  }
}

/** When a key ends or has ended, in words. */
export function endText(key: ApiKey): string {
  if (key.endedAt) return dateText(key.endedAt);
  return key.expiresAt ? dateText(key.expiresAt) : "Never";
}
