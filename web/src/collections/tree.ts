import type { CollectionSummary, Node } from "../api/resources";

/** A collection as the tree knows it: its nodes are `null` until they were asked for and have come. */
export interface Branch {
  summary: CollectionSummary;
  nodes: readonly Node[] | null;
  /** Why its nodes cannot be shown, in words. */
  problem: string | null;
}

/** One line of the tree. */
export interface Row {
  id: string;
  kind: "collection" | "folder" | "request" | "example" | "note";
  name: string;
  method: string | null;
  /** 0 for a collection. */
  depth: number;
  /** The row it hangs under, or `null` for a collection. */
  parentId: string | null;
  collectionId: string;
  /** `null` for what cannot be opened. */
  expanded: boolean | null;
  /** Its place among its siblings, from 1, and how many they are. */
  position: number;
  siblings: number;
  /** Absent for collections and notes. */
  node?: Node;
}

/** A collection's nodes by the node they hang under; `null` is the collection itself. */
type Children = ReadonlyMap<string | null, readonly Node[]>;

const childrenOf = new WeakMap<readonly Node[], Children>();

/** The nodes by parent, in order. Made once for each answer of the server. */
export function byParent(nodes: readonly Node[]): Children {
  let children = childrenOf.get(nodes);
  if (!children) {
    const lists = new Map<string | null, Node[]>();
    for (const node of nodes) {
      const parentId = node.parentId ?? null;
      const list = lists.get(parentId);
      if (list) list.push(node);
      else lists.set(parentId, [node]);
    }
    for (const list of lists.values()) list.sort((a, b) => compare(a.rank, b.rank) || compare(a.id, b.id));
    children = lists;
    childrenOf.set(nodes, children);
  }
  return children;
}

function compare<T extends string | number>(a: T, b: T) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The lines that are on screen, top to bottom.
 *
 * With a `filter`, a line is there if its name has the filter's words in it, or something below it does (then it is
 * open), or something above it does and everything between is open.
 */
export function rows(branches: readonly Branch[], expanded: ReadonlySet<string>, filter: string): Row[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found: Row[] = [];

  branches.forEach(({ summary, nodes, problem }, index) => {
    const children = nodes ? byParent(nodes) : null;
    const inside = words.length > 0 && children ? ancestorsOfMatches(children, words) : null;
    const named = words.length > 0 && matches(summary.name, null, words);
    if (words.length > 0 && !named && !(inside && inside.size > 0)) return;

    const open = inside?.has(null) || expanded.has(summary.id);
    found.push({
      id: summary.id,
      kind: "collection",
      name: summary.name,
      method: null,
      depth: 0,
      parentId: null,
      collectionId: summary.id,
      expanded: open,
      position: index + 1,
      siblings: branches.length,
    });
    if (!open) return;
    const note = (name: string) =>
      found.push({
        id: `${summary.id}-note`,
        kind: "note",
        name,
        method: null,
        depth: 1,
        parentId: summary.id,
        collectionId: summary.id,
        expanded: null,
        position: 1,
        siblings: 1,
      });
    if (problem !== null) note(problem);
    else if (!children) note("Loading…");
    else if (!children.has(null)) note("Empty: add a request or a folder");
    else walk(children, null, 1, summary.id, named);
  });

  function walk(
    children: Children,
    parentId: string | null,
    depth: number,
    collectionId: string,
    shown: boolean,
  ) {
    const all = children.get(parentId) ?? [];
    const inside = words.length > 0 ? ancestorsOfMatches(children, words) : null;
    const list =
      inside && !shown
        ? all.filter((node) => inside.has(node.id) || matches(node.name, node.method, words))
        : all;
    list.forEach((node, index) => {
      const expandable = node.kind === "folder" || children.has(node.id);
      const open = expandable && (inside?.has(node.id) || expanded.has(node.id));
      found.push({
        id: node.id,
        kind: node.kind,
        name: node.name,
        method: node.method ?? null,
        depth,
        parentId: parentId ?? collectionId,
        collectionId,
        expanded: expandable ? Boolean(open) : null,
        position: index + 1,
        siblings: list.length,
        node,
      });
      if (open)
        walk(children, node.id, depth + 1, collectionId, shown || matches(node.name, node.method, words));
    });
  }

  return found;
}

/** What matched for these nodes and words the last time; a walk asks once a folder. */
let lastAncestors: { children: Children; key: string; ids: ReadonlySet<string | null> } | null = null;

/** Ids of everything above a match; `null` for the collection. */
function ancestorsOfMatches(children: Children, words: readonly string[]): ReadonlySet<string | null> {
  const key = words.join(" ");
  if (lastAncestors?.children === children && lastAncestors.key === key) return lastAncestors.ids;
  const ids = new Set<string | null>();
  const visit = (parentId: string | null): boolean => {
    let any = false;
    for (const node of children.get(parentId) ?? []) {
      const below = visit(node.id);
      any = below || matches(node.name, node.method, words) || any;
    }
    if (any) ids.add(parentId);
    return any;
  };
  visit(null);
  lastAncestors = { children, key, ids };
  return ids;
}

function matches(name: string, method: string | null | undefined, words: readonly string[]) {
  if (words.length === 0) return false;
  const text = `${method ?? ""} ${name}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Where something goes: under `parentId` (`null`: the collection), after the sibling `after` (`null`: first). */
export interface Place {
  parentId: string | null;
  after: string | null;
}

/**
 * Where a node goes one line up or down, the way lines of an outline move: into an open folder it meets, out of its
 * folder at the end. `null` if it is already at that end of its collection.
 */
export function moveByOne(
  nodes: readonly Node[],
  node: Node,
  direction: "up" | "down",
  expanded: ReadonlySet<string>,
): Place | null {
  const children = byParent(nodes);
  const parentId = node.parentId ?? null;
  const siblings = children.get(parentId) ?? [];
  const index = siblings.findIndex((sibling) => sibling.id === node.id);
  const next = siblings[direction === "up" ? index - 1 : index + 1];
  if (next && next.kind === "folder" && node.kind !== "example" && expanded.has(next.id)) {
    const inside = children.get(next.id) ?? [];
    return { parentId: next.id, after: direction === "up" ? (inside.at(-1)?.id ?? null) : null };
  }
  if (next) return { parentId, after: direction === "up" ? (siblings[index - 2]?.id ?? null) : next.id };
  if (parentId === null || node.kind === "example") return null;

  const parent = nodes.find((candidate) => candidate.id === parentId);
  if (!parent) return null;
  const around = children.get(parent.parentId ?? null) ?? [];
  const at = around.findIndex((sibling) => sibling.id === parentId);
  return {
    parentId: parent.parentId ?? null,
    after: direction === "down" ? parentId : (around[at - 1]?.id ?? null),
  };
}

/** Where a node goes that is dropped on a row; `null` if it cannot go there. */
export function dropPlace(
  nodes: readonly Node[],
  node: Node,
  target: Row,
  where: "before" | "inside" | "after",
): Place | null {
  const children = byParent(nodes);
  const last = (parentId: string | null) =>
    (children.get(parentId) ?? []).filter((child) => child.id !== node.id).at(-1)?.id ?? null;

  if (target.kind === "collection")
    return node.kind === "example" ? null : { parentId: null, after: last(null) };
  if (!target.node || target.id === node.id || isInside(nodes, target.id, node.id)) return null;
  if (node.kind === "example") {
    // An example belongs to its request.
    if (target.kind !== "example" || target.node.parentId !== node.parentId) return null;
  } else if (target.kind === "example") return null;

  if (where === "inside")
    return target.kind === "folder" ? { parentId: target.id, after: last(target.id) } : null;
  const parentId = target.node.parentId ?? null;
  if (where === "after") return { parentId, after: target.id };
  const siblings = (children.get(parentId) ?? []).filter((sibling) => sibling.id !== node.id);
  const at = siblings.findIndex((sibling) => sibling.id === target.id);
  return { parentId, after: siblings[at - 1]?.id ?? null };
}

/** Whether `id` hangs somewhere under `above`. */
function isInside(nodes: readonly Node[], id: string, above: string): boolean {
  const parents = new Map(nodes.map((node) => [node.id, node.parentId ?? null]));
  for (let at = parents.get(id) ?? null; at !== null; at = parents.get(at) ?? null)
    if (at === above) return true;
  return false;
}

/** Ids of the folders and requests around a node, the collection first. */
export function ancestors(nodes: readonly Node[], collectionId: string, id: string): string[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const path: string[] = [];
  for (let at = byId.get(id)?.parentId ?? null; at !== null; at = byId.get(at)?.parentId ?? null)
    path.unshift(at);
  return [collectionId, ...path];
}
