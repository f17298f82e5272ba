/** What a tab shows, and what the address after the workspace names. */
export type Target =
  | { kind: "request" | "folder" | "example" | "collection" | "environment"; id: string }
  | { kind: "runner"; id: string; folderId?: string }
  | { kind: "globals" }
  | { kind: "settings" }
  /** Of the whole workspace, or of one collection or environment in it. */
  | { kind: "activity"; element?: string }
  | { kind: "trash" };

/** The part of the address that names a target: `request/019…`, `runner/019…/019…`, `globals`. */
export function pathOf(target: Target): string {
  switch (target.kind) {
    case "globals":
    case "settings":
    case "trash":
      return target.kind;
    case "activity":
      return target.element ? `activity/${target.element}` : "activity";
    case "runner":
      return target.folderId ? `runner/${target.id}/${target.folderId}` : `runner/${target.id}`;
    default:
      return `${target.kind}/${target.id}`;
  }
}

/** The target that an address names, or `null` if it names none. */
export function targetOf(path: string): Target | null {
  const [kind, id, folderId, ...rest] = path.split("/");
  if (rest.length > 0) return null;
  switch (kind) {
    case "globals":
    case "settings":
    case "trash":
      return id === undefined ? { kind } : null;
    case "activity":
      if (folderId !== undefined) return null;
      return id ? { kind, element: id } : { kind };
    case "runner":
      if (!id) return null;
      return folderId ? { kind, id, folderId } : { kind, id };
    case "request":
    case "folder":
    case "example":
    case "collection":
    case "environment":
      return id && folderId === undefined ? { kind, id } : null;
    default:
      return null;
  }
}

/** Whether two targets are the same tab. */
export function sameTarget(a: Target, b: Target): boolean {
  return pathOf(a) === pathOf(b);
}
