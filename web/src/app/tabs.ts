import { asRecord } from "../api/json";
import { type Kept, kept } from "./storage";
import { pathOf, sameTarget, type Target, targetOf } from "./target";

/** The row of tabs of one workspace. Which of them is shown is in the address, not here. */
export interface Strip {
  readonly tabs: readonly Tab[];
  /** Closed lately, last closed first. */
  readonly closed: readonly Target[];
}

export interface Tab {
  readonly target: Target;
  /** A tab that is not kept is replaced by the next thing one only looks at. */
  readonly keeps: boolean;
}

const strips = new Map<string, Kept<Strip>>();

/** Where a workspace's tabs are kept: each window has its own. */
export function stripOf(workspaceId: string): Kept<Strip> {
  let strip = strips.get(workspaceId);
  if (!strip) {
    strip = kept(`tabs.${workspaceId}`, parse, { perWindow: true });
    strips.set(workspaceId, strip);
  }
  return strip;
}

function parse(json: unknown): Strip {
  const record = asRecord(json);
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  return {
    tabs: list(record?.["tabs"]).flatMap((entry) => {
      const tab = asRecord(entry);
      const found = asTarget(tab?.["target"]);
      return found ? [{ target: found, keeps: tab?.["keeps"] !== false }] : [];
    }),
    closed: list(record?.["closed"]).flatMap((entry) => asTarget(entry) ?? []),
  };
}

/** A target that was written as JSON. */
function asTarget(json: unknown): Target | null {
  const record = asRecord(json);
  if (!record) return null;
  const parts = [record["kind"], record["id"] ?? record["element"], record["folderId"]].filter(
    (part) => typeof part === "string",
  );
  return targetOf(parts.join("/"));
}

/** The strip with `target` in it. A looked-at tab takes the place of the last one that nobody kept. */
export function opened(strip: Strip, target: Target, keep: boolean): Strip {
  const known = strip.tabs.find((tab) => sameTarget(tab.target, target));
  if (known) {
    if (known.keeps || !keep) return strip;
    return { ...strip, tabs: strip.tabs.map((tab) => (tab === known ? { target, keeps: true } : tab)) };
  }
  const tab: Tab = { target, keeps: keep };
  const loose = strip.tabs.findIndex((other) => !other.keeps);
  if (loose >= 0 && !keep) return { ...strip, tabs: strip.tabs.with(loose, tab) };
  return { ...strip, tabs: [...strip.tabs, tab] };
}

/** The strip without the tabs that `which` chooses; they can be opened again. */
export function closed(strip: Strip, which: (tab: Tab) => boolean): Strip {
  const gone = strip.tabs.filter(which).map((tab) => tab.target);
  const others = strip.closed.filter((old) => !gone.some((target) => sameTarget(old, target)));
  return {
    tabs: strip.tabs.filter((tab) => !which(tab)),
    closed: [...gone.reverse(), ...others].slice(0, 20),
  };
}

/** The strip with the tab moved to a place in the row. */
export function moved(strip: Strip, target: Target, to: number): Strip {
  const tab = strip.tabs.find((candidate) => sameTarget(candidate.target, target));
  if (!tab) return strip;
  const others = strip.tabs.filter((other) => other !== tab);
  return { ...strip, tabs: others.toSpliced(Math.max(0, Math.min(to, others.length)), 0, tab) };
}

/** The tab to show when `target` is closed: its right neighbour, else its left one. */
export function neighbour(strip: Strip, target: Target): Target | null {
  const index = strip.tabs.findIndex((tab) => pathOf(tab.target) === pathOf(target));
  return (strip.tabs[index + 1] ?? strip.tabs[index - 1])?.target ?? null;
}
