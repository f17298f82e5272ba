import { useMemo } from "react";
import { discardCollectionDraft, useCollectionDraftIds } from "../collections/draft";

/** Ids of items with unsaved edits. */
export function useDraftIds(): Set<string> {
  const ids = useCollectionDraftIds();
  return useMemo(() => new Set(ids), [ids]);
}

/** Forgets the unsaved edits of an item. */
export function discardDraft(id: string) {
  discardCollectionDraft(id);
}
