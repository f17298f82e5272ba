import { useEffect, useMemo, useSyncExternalStore } from "react";
import { asRecord, signs } from "../api/json";
import { discardCollectionDraft, useCollectionDraftIds } from "../collections/draft";
import { type Kept, kept, useKept, watchKept } from "../app/storage";
import { toast } from "../ui/toast";
import { forgetLarge, hasDatabase, keepLarge, openDatabase, readLarge } from "./large";
import { type Document, same } from "./merge";
import { sayNoRoom } from "./room";

/** Edits of an item that are not saved. They live in this browser until they are saved or discarded. */
export interface Draft {
  /** What was read when the editing began, and its version. */
  readonly version: number;
  readonly base: Document;
  readonly document: Document;
}

/** What the browser's storage has of an item: the draft, or where the database has a long one. */
type Stored = { at: "here"; draft: Draft } | InDatabase | null;

interface InDatabase {
  at: "database";
  key: string;
  /** A new one for each write, so that other windows know that there is something to read. */
  revision: string;
  /** The last edits before the database had any, until it says that it has some. */
  earlier: Draft | null;
}

const stores = new Map<string, Kept<Stored>>();

function stored(id: string): Kept<Stored> {
  let found = stores.get(id);
  if (!found) {
    found = kept(`item-draft.${id}`, (json): Stored => {
      const record = asRecord(json);
      const { key, revision } = record ?? {};
      if (record?.["at"] === "database" && typeof key === "string" && typeof revision === "string")
        return { at: "database", key, revision, earlier: parse(record["earlier"]) };
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

/** A draft with more signs than this goes to the database. */
const short = 400_000;
/** Long drafts by their key in the database, as they were read or written last. */
const large = new Map<string, { revision: string; draft: Draft | "reading" | "unreadable" }>();

function isLong(draft: Draft): boolean {
  return signs(draft.base) + signs(draft.document) > short;
}

/** Writes what waits. */
export function keepDraftsNow() {
  clearTimeout(timer);
  timer = undefined;
  for (const [id, draft] of [...waiting]) {
    const others = ids.read().filter((other) => other !== id);
    ids.write(draft ? [...others, id] : others);
    const before = stored(id).read();
    const long = draft !== null && hasDatabase && isLong(draft);
    if (long || !stored(id).write(draft && { at: "here", draft })) {
      // The database has room as well where the storage of texts has no more.
      if (draft && hasDatabase) keepInDatabase(id, draft, before);
      else if (draft) sayNoRoom();
    } else if (before?.at === "database") {
      large.delete(before.key);
      // What stays behind only takes room.
      void forgetLarge(before.key).catch(() => {});
    }
    waiting.delete(id);
  }
}

function keepInDatabase(id: string, draft: Draft, before: Stored) {
  const key = before?.at === "database" ? before.key : crypto.randomUUID();
  const revision = crypto.randomUUID();
  large.set(key, { revision, draft });
  // On its way before another window can ask for it.
  const written = keepLarge(key, draft);
  const earlier = before?.at === "here" ? before.draft : (before?.earlier ?? null);
  if (!stored(id).write({ at: "database", key, revision, earlier })) sayNoRoom();
  written.then(() => {
    const now = stored(id).read();
    if (now?.at === "database" && now.key === key && now.earlier) stored(id).write({ ...now, earlier: null });
  }, sayNoRoom);
}

/** A long draft; `"reading"` as long as the database has not answered. */
function largeDraft({ key, revision, earlier }: InDatabase): Draft | "reading" | "unreadable" {
  const known = large.get(key);
  if (known?.revision === revision) return known.draft;
  // What another window had before stays on the page until its new edits are read.
  const draft = known?.draft ?? "reading";
  large.set(key, { revision, draft });
  const take = (read: Draft | "unreadable") => {
    if (large.get(key)?.revision === revision) large.set(key, { revision, draft: read });
    tell();
  };
  readLarge(key).then(
    (json) => {
      const read = parse(json);
      if (!read && earlier)
        toast({
          kind: "problem",
          text: "The browser ended before it kept your last edits. You see those from before.",
        });
      take(read ?? earlier ?? "unreadable");
    },
    () => take("unreadable"),
  );
  return draft;
}

/** Asks the database once more for a draft that it did not give back. */
export function readDraftAgain(id: string) {
  const found = stored(id).read();
  if (found?.at === "database") large.delete(found.key);
  tell();
}

if (typeof window !== "undefined") {
  window.addEventListener("pagehide", keepDraftsNow);
  document.addEventListener("visibilitychange", () => document.hidden && keepDraftsNow());
  // Where it cannot be opened, the first long draft says so.
  if (hasDatabase) void openDatabase().catch(() => {});
}

/** The unsaved edits of an item, or `null`. */
export function draftOf(id: string): Draft | null {
  const draft = draftOrState(id);
  return typeof draft === "string" ? null : draft;
}

function draftOrState(id: string): Draft | "reading" | "unreadable" | null {
  const draft = waiting.get(id);
  if (draft !== undefined) return draft;
  const found = stored(id).read();
  return found?.at === "database" ? largeDraft(found) : (found?.draft ?? null);
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

/**
 * The unsaved edits of an item, read again whenever they change, in this window or another; `"unreadable"` if there are
 * some that the browser does not give back.
 */
export function useDraft(id: string): Draft | "reading" | "unreadable" | null {
  useEffect(() => keepDraftsNow, [id]);
  return useSyncExternalStore(subscribe, () => draftOrState(id));
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
