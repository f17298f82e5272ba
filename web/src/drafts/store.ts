import { useEffect, useMemo, useSyncExternalStore } from "react";
import { asRecord } from "../api/json";
import { discardCollectionDraft, useCollectionDraftIds } from "../collections/draft";
import { type Kept, kept, useKept, watchKept } from "../app/storage";
import { toast } from "../ui/toast";
import { forgetLarge, hasDatabase, keepLarge, readLarge } from "./large";
import { type Document, same } from "./merge";

/** Edits of an item that are not saved. They live in this browser until they are saved or discarded. */
export interface Draft {
  /** What was read when the editing began, and its version. */
  readonly version: number;
  readonly base: Document;
  readonly document: Document;
}

/** What the browser's storage has of an item: the draft, or where the database has a long one. */
type Stored = { at: "here"; draft: Draft } | { at: "database"; key: string } | null;

const stores = new Map<string, Kept<Stored>>();

function stored(id: string): Kept<Stored> {
  let found = stores.get(id);
  if (!found) {
    found = kept(`item-draft.${id}`, (json): Stored => {
      const record = asRecord(json);
      if (record?.["at"] === "database" && typeof record["key"] === "string")
        return { at: "database", key: record["key"] };
      const draft = parse(record?.["draft"]);
      return draft && { at: "here", draft };
    });
    stores.set(id, found);
  }
  return found;
}

function parse(json: unknown): Draft | null {
  const record = asRecord(json);
  const base = asRecord(record?.["base"]);
  const document = asRecord(record?.["document"]);
  const version = record?.["version"];
  return base && document && typeof version === "number" ? { version, base, document } : null;
}

const ids = kept("item-drafts", (json): readonly string[] =>
  Array.isArray(json) ? json.filter((id) => typeof id === "string") : [],
);

/**
 * Edits on their way to the browser's storage. Writing megabytes on each key would be felt, so they are written a
 * moment later, and at once when the page is left.
 */
const waiting = new Map<string, Draft | null>();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
const delay = 200;

function tell() {
  for (const listener of listeners) listener();
}

/** A longer draft goes to the database. */
const long = 400_000;
/** Long drafts by their key in the database, as far as they were read or written. */
const large = new Map<string, Draft | "reading" | null>();

function isLong(draft: Draft): boolean {
  return signs(draft.base) + signs(draft.document) > long;
}

/** About how many signs a value has. */
function signs(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 4;
  return Object.values(value).reduce<number>((sum, part) => sum + 8 + signs(part), 2);
}

/** Writes what waits. */
export function keepDraftsNow() {
  clearTimeout(timer);
  timer = undefined;
  for (const [id, draft] of [...waiting]) {
    waiting.delete(id);
    const others = ids.read().filter((other) => other !== id);
    ids.write(draft ? [...others, id] : others);
    const before = stored(id).read();
    if (draft && hasDatabase && isLong(draft)) {
      const key = before?.at === "database" ? before.key : crypto.randomUUID();
      large.set(key, draft);
      stored(id).write({ at: "database", key });
      keepLarge(key, draft).catch(() =>
        toast({
          kind: "problem",
          text: "The browser has no room for these edits. Save them before you leave the page.",
        }),
      );
      continue;
    }
    stored(id).write(draft && { at: "here", draft });
    if (before?.at !== "database") continue;
    large.delete(before.key);
    // What stays behind only takes room.
    void forgetLarge(before.key).catch(() => {});
  }
}

/** A long draft; `"reading"` as long as the database has not answered. */
function largeDraft(key: string): Draft | "reading" | null {
  const known = large.get(key);
  if (known !== undefined || !hasDatabase) return known ?? null;
  large.set(key, "reading");
  const take = (draft: Draft | null) => {
    if (large.get(key) === "reading") large.set(key, draft);
    tell();
  };
  readLarge(key).then(
    (json) => take(parse(json)),
    () => take(null),
  );
  return "reading";
}

if (typeof window !== "undefined") {
  window.addEventListener("pagehide", keepDraftsNow);
  document.addEventListener("visibilitychange", () => document.hidden && keepDraftsNow());
}

/** The unsaved edits of an item, or `null`. */
export function draftOf(id: string): Draft | null {
  const draft = draftOrReading(id);
  return draft === "reading" ? null : draft;
}

function draftOrReading(id: string): Draft | "reading" | null {
  const draft = waiting.get(id);
  if (draft !== undefined) return draft;
  const found = stored(id).read();
  return found?.at === "database" ? largeDraft(found.key) : (found?.draft ?? null);
}

/** Keeps edits; a draft that says nothing new is forgotten. */
export function keepDraft(id: string, draft: Draft) {
  const isNew = draftOf(id) === null;
  waiting.set(id, same(draft.base, draft.document) ? null : draft);
  if (isNew) keepDraftsNow();
  else timer ??= setTimeout(keepDraftsNow, isLong(draft) ? 5 * delay : delay);
  tell();
}

/** Forgets the unsaved edits of an item. */
export function discardDraft(id: string) {
  discardCollectionDraft(id);
  waiting.set(id, null);
  keepDraftsNow();
  tell();
}

/** The unsaved edits of an item, read again whenever they change, in this window or another. */
export function useDraft(id: string): Draft | "reading" | null {
  useEffect(() => keepDraftsNow, [id]);
  return useSyncExternalStore(subscribe, () => draftOrReading(id));
}

function subscribe(listener: () => void): () => void {
  const ends = watchKept(listener);
  listeners.add(listener);
  return () => {
    ends();
    listeners.delete(listener);
  };
}

/** Ids of items with unsaved edits. */
export function useDraftIds(): Set<string> {
  const own = useKept(ids);
  const older = useCollectionDraftIds();
  return useMemo(() => new Set([...own, ...older]), [own, older]);
}
