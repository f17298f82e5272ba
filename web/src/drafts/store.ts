/** Ids of items with unsaved edits. */
export function useDraftIds(): Set<string> {
  return none;
}
const none = new Set<string>();

/** Forgets the unsaved edits of an item. */
export function discardDraft(_id: string) {}
