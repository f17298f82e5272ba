import { useSyncExternalStore } from "react";
import { signs } from "../api/json";
import { Feed } from "./feed";
import type {
  ItemName,
  Level,
  ReceivedResponse,
  Redirect,
  RequestError,
  RunEvent,
  ScriptError,
  SentRequest,
  Source,
  Target,
} from "./stream";

/** An entry of the console. */
export type Entry = { id: number; at: number; item: ItemName | null } & (
  | { kind: "log"; level: Level; messages: readonly unknown[]; target: Target | null }
  | { kind: "failure"; place: string; error: ScriptError }
  | {
      kind: "exchange";
      source: Source;
      /** `null` if it could not even be prepared. */
      request: SentRequest | null;
      /** Names of variables whose values it holds and nobody sees. */
      guarded?: readonly string[];
      response: ReceivedResponse | null;
      redirects: readonly Redirect[];
      error: RequestError | null;
      /** What there is of it without `request`. */
      method: string;
      url: string;
    }
);

export type ExchangeEntry = Extract<Entry, { kind: "exchange" }>;

/** How loud an entry is, for the filter. */
export function loudness(entry: Entry): "request" | "log" | "warn" | "error" {
  switch (entry.kind) {
    case "exchange":
      return entry.error ? "error" : "request";
    case "failure":
      return "error";
    case "log":
      return entry.level === "warn" || entry.level === "error" ? entry.level : "log";
  }
}

const most = 2000;
/** Signs of all entries together: the oldest go when there are more. */
const mostSigns = 32_000_000;
/** What is kept of a body. The response viewer has the whole; the console has many. */
const shownBody = 200_000;

let entries: Entry[] = [];
let shown: readonly Entry[] = [];
let next = 1;
/** Entries are replaced, never changed, so each is counted once. */
const counted = new WeakMap<Entry, number>();
const feed = new Feed(() => {
  entries = latest(entries, most, mostSigns);
  shown = [...entries];
});

/** The newest entries, so many and so many signs of them at most; the last one in any case. */
export function latest(all: Entry[], count: number, length: number): Entry[] {
  let sum = 0;
  let from = all.length;
  for (; from > 0 && all.length - from < count; from--) {
    const entry = all[from - 1];
    if (!entry) break;
    const own = counted.get(entry) ?? signs(entry);
    counted.set(entry, own);
    sum += own;
    if (sum > length && from < all.length) break;
  }
  return from === 0 ? all : all.slice(from);
}

/** Empties the console. */
export function clearConsole() {
  entries = [];
  feed.tell();
}

/** What requests and scripts have said since the page was opened, oldest first. */
export function useConsole(): readonly Entry[] {
  return useSyncExternalStore(feed.subscribe, () => shown);
}

/** Writes down what one execution tells. Each execution has a log of its own, because it counts its exchanges. */
export function newLog(): (event: RunEvent) => void {
  const open = new Map<string, number>();
  const add = (entry: DistributiveOmit<Entry, "id">): number => {
    const id = next++;
    // `Entry` is this entry and its id.
    entries.push({ ...entry, id } as Entry);
    feed.changed();
    return id;
  };
  const finish = (
    key: string,
    part: Partial<ExchangeEntry>,
    otherwise: DistributiveOmit<ExchangeEntry, "id">,
  ) => {
    const id = open.get(key);
    const at = id === undefined ? -1 : entries.findLastIndex((entry) => entry.id === id);
    const entry = entries[at];
    if (entry?.kind !== "exchange") return void add(otherwise);
    open.delete(key);
    entries[at] = { ...entry, ...part };
    feed.changed();
  };

  return (event) => {
    switch (event.type) {
      case "console":
        return void add({
          kind: "log",
          at: Date.parse(event.at) || Date.now(),
          item: event.item ?? null,
          level: event.level,
          messages: event.messages,
          target: event.target ?? null,
        });
      case "scriptFailed":
        return void add({
          kind: "failure",
          at: Date.now(),
          item: event.item,
          place: event.at,
          error: event.error,
        });
      case "requestSent": {
        const id = add({
          kind: "exchange",
          at: Date.now(),
          item: event.item,
          source: event.source,
          request: event.request,
          guarded: event.guarded ?? [],
          response: null,
          redirects: [],
          error: null,
          method: event.request.method,
          url: event.request.url,
        });
        return void open.set(keyOf(event), id);
      }
      case "responseReceived": {
        const response = lighter(event.response);
        const { redirects } = event;
        return finish(
          keyOf(event),
          { response, redirects },
          {
            kind: "exchange",
            at: Date.now(),
            item: event.item,
            source: event.source,
            request: null,
            response,
            redirects,
            error: null,
            method: "",
            url: "",
          },
        );
      }
      case "requestFailed": {
        const { error } = event;
        return finish(
          keyOf(event),
          { error },
          {
            kind: "exchange",
            at: Date.now(),
            item: event.item,
            source: event.source,
            request: null,
            response: null,
            redirects: [],
            error,
            method: event.method ?? "",
            url: event.url ?? "",
          },
        );
      }
      default:
    }
  };
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

function keyOf(event: { exchange?: number; source: Source; item: ItemName }): string {
  return event.exchange === undefined ? `${event.source} ${event.item.id}` : String(event.exchange);
}

function lighter(response: ReceivedResponse): ReceivedResponse {
  const { text, base64: _, ...rest } = response.body;
  if (text === undefined) return { ...response, body: rest };
  if (text.length <= shownBody) return response;
  return { ...response, body: { ...rest, text: text.slice(0, shownBody), truncated: true } };
}

/** What a script passed to the console, as text. */
export function messageText(part: unknown): string {
  return typeof part === "string" ? part : part === undefined ? "undefined" : JSON.stringify(part, null, 2);
}
