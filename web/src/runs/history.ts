import { infiniteQueryOptions } from "@tanstack/react-query";
import { isProblem } from "../api/client";
import { asRecord, asRecords } from "../api/json";
import { cache } from "../api/resources";

/** Something that was sent or run. Its body is not kept. */
export interface HistoryEntry {
  id: string;
  at: string;
  kind: "send" | "run";
  method: string | null;
  /** As it was typed: variables are not resolved. */
  url: string | null;
  name: string;
  itemId: string | null;
  collectionId: string | null;
  status: number | null;
  durationMs: number | null;
  failed: number;
  passed: number;
}

interface Page {
  items: HistoryEntry[];
  next: string | null;
}

/** What was sent and run in a workspace, newest first, a page at a time. */
export const historyQuery = (workspaceId: string) =>
  infiniteQueryOptions({
    queryKey: ["history", workspaceId],
    queryFn: async ({ pageParam, signal }): Promise<Page> => {
      const query = new URLSearchParams({
        limit: "100",
        ...(pageParam === null ? {} : { before: pageParam }),
      });
      const answer = await ask(`/api/workspaces/${encodeURIComponent(workspaceId)}/history?${query}`, {
        signal,
      });
      const page = asRecord(await answer.json());
      return { items: asRecords(page?.["items"]).map(entryOf), next: textOrNull(page?.["next"]) };
    },
    // The place after which the page begins is a text, or nothing for the first page.
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 5_000,
  });

/** Reads the history again when it is looked at. */
export function historyChanged(workspaceId: string) {
  void cache.invalidateQueries({ queryKey: historyQuery(workspaceId).queryKey });
}

export async function clearHistory(workspaceId: string) {
  await ask(`/api/workspaces/${encodeURIComponent(workspaceId)}/history`, { method: "DELETE" });
  historyChanged(workspaceId);
}

export async function removeFromHistory(workspaceId: string, id: string) {
  await ask(`/api/history/${encodeURIComponent(id)}`, { method: "DELETE" });
  historyChanged(workspaceId);
}

/** The whole body of an answer that was too large for its event. The server keeps it for an hour. */
export async function keptBody(id: string, signal?: AbortSignal): Promise<Blob> {
  const answer = await ask(keptBodyAddress(id), signal ? { signal } : {});
  return answer.blob();
}

export function keptBodyAddress(id: string): string {
  return `/api/bodies/${encodeURIComponent(id)}`;
}

async function ask(address: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(address, { ...init, headers: { "x-bulla-request": "1" } });
  if (answer.ok) return answer;
  const json: unknown = await answer.json().catch(() => null);
  if (isProblem(json) && json.code === "no_route")
    throw new Error("This server keeps no history. Update it to a version that does.");
  throw isProblem(json) ? json : new Error(`The server answered ${answer.status}.`);
}

function entryOf(entry: Record<string, unknown>): HistoryEntry {
  const number = (field: string) => (typeof entry[field] === "number" ? entry[field] : null);
  return {
    id: textOrNull(entry["id"]) ?? "",
    at: textOrNull(entry["at"]) ?? "",
    kind: entry["kind"] === "run" ? "run" : "send",
    method: textOrNull(entry["method"]),
    url: textOrNull(entry["url"]),
    name: textOrNull(entry["name"]) ?? "",
    itemId: textOrNull(entry["itemId"]),
    collectionId: textOrNull(entry["collectionId"]),
    status: number("status"),
    durationMs: number("durationMs"),
    failed: number("failed") ?? 0,
    passed: number("passed") ?? 0,
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
