import type { Node } from "../api/resources";
import { byParent } from "../collections/tree";

/** A request of a run, in its place. */
export interface Step {
  id: string;
  name: string;
  method: string | null;
  /** Names of the folders around it, below the one that is run. */
  path: string;
}

/** The requests of a collection or of one folder, in the order of the tree. */
export function stepsOf(nodes: readonly Node[], folderId: string | null): Step[] {
  const children = byParent(nodes);
  const found: Step[] = [];
  const walk = (parentId: string | null, path: readonly string[]) => {
    for (const node of children.get(parentId) ?? []) {
      if (node.kind === "request")
        found.push({ id: node.id, name: node.name, method: node.method, path: path.join(" / ") });
      else if (node.kind === "folder" && path.length < 200) walk(node.id, [...path, node.name]);
    }
  };
  walk(folderId, []);
  return found;
}

/** What the person chose of the order: which requests, and in which order. */
export interface Choice {
  /** Ids in their order; requests that came later are behind them. */
  order: readonly string[];
  off: ReadonlySet<string>;
}

/** The steps in the chosen order. */
export function ordered(steps: readonly Step[], choice: Choice): Step[] {
  const places = new Map(choice.order.map((id, index) => [id, index]));
  return steps
    .map((step, index) => ({ step, place: places.get(step.id) ?? choice.order.length + index }))
    .sort((a, b) => a.place - b.place)
    .map(({ step }) => step);
}

/** The order with a step moved to a place. */
export function movedStep(steps: readonly Step[], from: number, to: number): string[] {
  const ids = steps.map((step) => step.id);
  const [id] = ids.splice(from, 1);
  if (id !== undefined) ids.splice(Math.max(0, Math.min(to, ids.length)), 0, id);
  return ids;
}

/** The ids to run, or `null` if they are all of them in the order of the tree. */
export function chosenIds(steps: readonly Step[], choice: Choice): string[] | null {
  const now = ordered(steps, choice);
  const ids = now.filter((step) => !choice.off.has(step.id)).map((step) => step.id);
  const asTree = ids.length === steps.length && steps.every((step, index) => step.id === ids[index]);
  return asTree ? null : ids;
}
