import { asRecord } from "../api/json";

export type Document = Record<string, unknown>;

/** A place where what is typed here, what was read, and what is saved now are not all the same. */
export interface Difference {
  /** Field names, and for a list of named lines the line's name. */
  path: readonly string[];
  /** `undefined` where there is nothing. */
  base: unknown;
  mine: unknown;
  theirs: unknown;
  /** Who changed it since it was read. */
  by: "mine" | "theirs" | "both";
}

/** Whether two values are the same JSON. What both share is not gone through, so a long body costs nothing. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, index) => same(value, b[index]));
  const one = asRecord(a);
  const other = asRecord(b);
  if (!one || !other) return false;
  const fields = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...fields].every((field) => same(one[field], other[field]));
}

/**
 * Brings two edits of one document together. Where only one side changed something, that holds; where both did,
 * `choose` says which, "mine" unless said otherwise.
 *
 * Objects are gone through field by field, lists of named lines (headers, parameters, scripts) line by line, other
 * lists are one value.
 */
export function merge(
  base: Document,
  mine: Document,
  theirs: Document,
  choose: (difference: Difference) => "mine" | "theirs" = () => "mine",
): { document: Document; differences: Difference[] } {
  const differences: Difference[] = [];
  const document = mergeValue([], base, mine, theirs, (difference) => {
    differences.push(difference);
    return difference.by === "both" ? choose(difference) : difference.by;
  });
  return { document: asRecord(document) ?? {}, differences };
}

type Judge = (difference: Difference) => "mine" | "theirs";

function mergeValue(
  path: readonly string[],
  base: unknown,
  mine: unknown,
  theirs: unknown,
  judge: Judge,
): unknown {
  if (same(mine, theirs)) return theirs;
  // An address is one thing, however it is taken apart: its text and its parts must not come from two sides.
  const whole = path.length === 2 && path[1] === "url";
  const records = whole
    ? ([{}, null, null] as const)
    : ([asRecord(base) ?? {}, asRecord(mine), asRecord(theirs)] as const);
  if (records[1] && records[2]) return mergeFields(path, records[0], records[1], records[2], judge);
  const lists = [namedLines(base) ?? new Map(), namedLines(mine), namedLines(theirs)] as const;
  if (lists[1] && lists[2]) {
    const lines = mergeFields(
      path,
      Object.fromEntries(lists[0]),
      Object.fromEntries(lists[1]),
      Object.fromEntries(lists[2]),
      judge,
    );
    // In the order that is saved now, then what was added here.
    return Object.values(lines);
  }
  const by = same(base, theirs) ? "mine" : same(base, mine) ? "theirs" : "both";
  return judge({ path, base, mine, theirs, by }) === "mine" ? mine : theirs;
}

function mergeFields(
  path: readonly string[],
  base: Document,
  mine: Document,
  theirs: Document,
  judge: Judge,
): Document {
  const merged: Document = {};
  for (const field of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
    const value = mergeValue([...path, field], base[field], mine[field], theirs[field], judge);
    if (value !== undefined) merged[field] = value;
  }
  return merged;
}

/** The lines of a list by name, if each has a name of its own; a number would lose its place as a name. */
function namedLines(list: unknown): Map<string, unknown> | null {
  if (!Array.isArray(list)) return null;
  const lines = new Map<string, unknown>();
  for (const entry of list) {
    const record = asRecord(entry);
    const name = record?.["listen"] ?? record?.["key"];
    if (
      typeof name !== "string" ||
      name === "" ||
      /^\d+$/.test(name) ||
      name === "__proto__" ||
      lines.has(name)
    )
      return null;
    lines.set(name, entry);
  }
  return lines;
}

const fields: Record<string, string> = {
  name: "Name",
  description: "Description",
  event: "Scripts",
  prerequest: "before the request",
  test: "after the response",
  request: "Request",
  method: "Method",
  url: "Address",
  header: "Headers",
  body: "Body",
  auth: "Authorization",
  query: "Parameters",
  variable: "Variables",
  protocolProfileBehavior: "Settings",
  script: "script",
};
const silent = new Set(["request", "script", "exec", "value"]);

/** A place in a document in the words of the page: "Headers › Accept". */
export function placeName(path: readonly string[]): string {
  const words = path.filter((field) => !silent.has(field)).map((field) => fields[field] ?? field);
  return words.join(" › ") || "Request";
}
