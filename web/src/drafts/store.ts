import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { asRecord } from "../api/json";
import { discardCollectionDraft, useCollectionDraftIds } from "../collections/draft";
import { type Kept, kept, useKept, watchKept } from "../app/storage";
import { type Document, same } from "./merge";

/** Edits of an item that are not saved. They live in this browser until they are saved or discarded. */
export interface Draft {
  /** What was read when the editing began, and its version. */
  readonly version: number;
  readonly base: Document;
  readonly document: Document;
}

const stores = new Map<string, Kept<Draft | null>>();

function stored(id: string): Kept<Draft | null> {
  let found = stores.get(id);
  if (!found) {
    found = kept(`item-draft.${id}`, parse);
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

/** Writes what waits. */
export function keepDraftsNow() {
  clearTimeout(timer);
  timer = undefined;
  for (const [id, draft] of [...waiting]) {
    waiting.delete(id);
    const others = ids.read().filter((other) => other !== id);
    ids.write(draft ? [...others, id] : others);
    stored(id).write(draft);
  }
}

if (typeof window !== "undefined") {
  window.addEventListener("pagehide", keepDraftsNow);
  document.addEventListener("visibilitychange", () => document.hidden && keepDraftsNow());
}

/** The unsaved edits of an item, or `null`. */
export function draftOf(id: string): Draft | null {
  const draft = waiting.get(id);
  return draft === undefined ? stored(id).read() : draft;
}

/** Keeps edits; a draft that says nothing new is forgotten. */
export function keepDraft(id: string, draft: Draft) {
  const isNew = draftOf(id) === null;
  waiting.set(id, same(draft.base, draft.document) ? null : draft);
  if (isNew) keepDraftsNow();
  else timer ??= setTimeout(keepDraftsNow, delay);
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
export function useDraft(id: string): Draft | null {
  useEffect(() => keepDraftsNow, [id]);
  return useSyncExternalStore(
    useCallback((listener) => {
      const ends = watchKept(listener);
      listeners.add(listener);
      return () => {
        ends();
        listeners.delete(listener);
      };
    }, []),
    () => draftOf(id),
  );
}

/** Ids of items with unsaved edits. */
export function useDraftIds(): Set<string> {
  const own = useKept(ids);
  const older = useCollectionDraftIds();
  return useMemo(() => new Set([...own, ...older]), [own, older]);
}
