import { asRecord } from "../api/json";
import { type Kept, kept, useKept } from "../app/storage";
import { sayNoRoom } from "../drafts/room";

export type Document = Record<string, unknown>;

/** Edits of a collection's or a folder's document that are not saved. */
export interface DocumentDraft {
  /** What was read when the editing began, and its version. */
  version: number;
  base: Document;
  document: Document;
}

/**
 * Puts edits on top of what someone else saved in the meantime, field by field of the document.
 *
 * `both` names fields that both changed in different ways; the result has what was typed here.
 */
export function mergeDocuments(
  base: Document,
  mine: Document,
  theirs: Document,
): { document: Document; both: string[] } {
  const document: Document = { ...theirs };
  const both: string[] = [];
  for (const field of new Set([...Object.keys(base), ...Object.keys(mine)])) {
    if (same(base[field], mine[field])) continue;
    if (!same(base[field], theirs[field]) && !same(mine[field], theirs[field])) both.push(field);
    if (mine[field] === undefined) delete document[field];
    else document[field] = mine[field];
  }
  return { document, both };
}

/** Whether two values are the same JSON. */
export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const drafts = new Map<string, Kept<DocumentDraft | null>>();

function draftOf(id: string): Kept<DocumentDraft | null> {
  let found = drafts.get(id);
  if (!found) {
    const stored = kept(`document-draft.${id}`, parse);
    found = {
      read: stored.read,
      write: (draft) => {
        const ids = unsaved.read().filter((other) => other !== id);
        unsaved.write(draft ? [...ids, id] : ids);
        const survives = stored.write(draft);
        if (!survives) sayNoRoom();
        return survives;
      },
    };
    drafts.set(id, found);
  }
  return found;
}

function parse(json: unknown): DocumentDraft | null {
  const record = asRecord(json);
  const base = asRecord(record?.["base"]);
  const document = asRecord(record?.["document"]);
  const version = record?.["version"];
  return base && document && typeof version === "number" ? { version, base, document } : null;
}

const unsaved = kept("document-drafts", (json): readonly string[] =>
  Array.isArray(json) ? json.filter((id) => typeof id === "string") : [],
);

/** Ids of collections and folders with edits that are not saved. */
export function useCollectionDraftIds(): readonly string[] {
  return useKept(unsaved);
}

/** The unsaved edits of a collection or a folder, or `null`. */
export function useDocumentDraft(id: string): DocumentDraft | null {
  return useKept(draftOf(id));
}

/** Keeps edits; a draft that says nothing new is forgotten. */
export function keepDocumentDraft(id: string, draft: DocumentDraft) {
  draftOf(id).write(same(draft.base, draft.document) ? null : draft);
}

/** Forgets the unsaved edits of a collection or a folder. */
export function discardCollectionDraft(id: string) {
  draftOf(id).write(null);
}
