import { type Kept, kept, useKept } from "../app/storage";

const sets = new Map<string, Kept<ReadonlySet<string>>>();

function setOf(workspaceId: string): Kept<ReadonlySet<string>> {
  let found = sets.get(workspaceId);
  if (!found) {
    const list = kept(
      `expanded.${workspaceId}`,
      (json): readonly string[] => (Array.isArray(json) ? json.filter((id) => typeof id === "string") : []),
      { perWindow: true },
    );
    let last: { list: readonly string[]; set: ReadonlySet<string> } | null = null;
    found = {
      read() {
        const ids = list.read();
        if (last?.list !== ids) last = { list: ids, set: new Set(ids) };
        return last.set;
      },
      write: (ids) => list.write([...ids]),
    };
    sets.set(workspaceId, found);
  }
  return found;
}

/** Ids of the collections, folders and requests that are open in the tree. */
export function useExpanded(workspaceId: string): ReadonlySet<string> {
  return useKept(setOf(workspaceId));
}

/** Opens lines of the tree. */
export function expand(workspaceId: string, ids: Iterable<string>) {
  const set = setOf(workspaceId);
  const next = new Set([...set.read(), ...ids]);
  if (next.size !== set.read().size) set.write(next);
}

/** Closes a line of the tree. */
export function collapse(workspaceId: string, id: string) {
  const set = setOf(workspaceId);
  const next = new Set(set.read());
  if (next.delete(id)) set.write(next);
}

/** Closes every line of the tree. */
export function collapseAll(workspaceId: string) {
  setOf(workspaceId).write(new Set());
}
