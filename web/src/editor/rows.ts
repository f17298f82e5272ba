import { asRecord } from "../api/json";

/**
 * A line of a table: a header, a parameter, a field of a form. It is the line of the document itself, so that what the
 * table does not show survives an edit.
 */
export type Row = Readonly<Record<string, unknown>>;

/** A value of a document as text. Documents written by other programs have numbers and lists where text belongs. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The lines of a list; a text in it is a line with a name only. */
export function rowsOf(list: unknown): Row[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    if (typeof entry === "string") return [{ key: entry, value: null }];
    const row = asRecord(entry);
    return row ? [row] : [];
  });
}

/** What a line is called. */
export function keyOf(row: Row): string {
  return textOf(row["key"] ?? row["id"]);
}

export function valueOf(row: Row): string {
  return textOf(row["value"]);
}

/** Whether a line takes part. */
export function isOn(row: Row): boolean {
  return row["disabled"] !== true;
}

/** The line switched on or off. */
export function switched(row: Row, on: boolean): Row {
  const { disabled: _, ...rest } = row;
  return on ? rest : { ...rest, disabled: true };
}

/**
 * Which old line each new line continues, or -1 for none: equal lines at both ends stay what they are, between them
 * lines of the same name in their order, and what is left in the gaps is paired in order. So a description stays with
 * its line while the line is typed.
 */
export function continued<Old, New>(
  old: readonly Old[],
  next: readonly New[],
  equal: (a: Old, b: New) => boolean,
  sameName: (a: Old, b: New) => boolean,
): number[] {
  const origin = next.map(() => -1);
  const is = (how: typeof equal, at: number, to: number) => {
    const a = old[at];
    const b = next[to];
    return a !== undefined && b !== undefined && how(a, b);
  };
  let start = 0;
  while (is(equal, start, start)) origin[start] = start++;
  let oldEnd = old.length;
  let nextEnd = next.length;
  while (oldEnd > start && nextEnd > start && is(equal, oldEnd - 1, nextEnd - 1))
    origin[--nextEnd] = --oldEnd;

  let free = start;
  let gap = start;
  const pairGap = (upTo: number, oldUpTo: number) => {
    for (let to = gap, at = free; to < upTo && at < oldUpTo; to++, at++) origin[to] = at;
  };
  for (let to = start; to < nextEnd; to++) {
    let at = free;
    while (at < oldEnd && !is(sameName, at, to)) at++;
    if (at === oldEnd) continue;
    pairGap(to, at);
    origin[to] = at;
    free = at + 1;
    gap = to + 1;
  }
  pairGap(nextEnd, oldEnd);
  return origin;
}

/** The lines as text, one a line: `name: value`, with `//` before those that are switched off. */
export function bulkText(rows: readonly Row[]): string {
  return rows.map((row) => `${isOn(row) ? "" : "// "}${keyOf(row)}: ${valueOf(row)}`).join("\n");
}

/** The lines that a text says. A line that was there keeps what the text does not show. */
export function withBulkText(rows: readonly Row[], text: string): Row[] {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const on = !line.trimStart().startsWith("//");
      const bare = on ? line : line.replace(/^\s*\/\/ ?/, "");
      // A colon in a variable's braces is part of the variable.
      const colon = bare.replace(/\{\{[^{}]*\}\}/g, (token) => "_".repeat(token.length)).indexOf(":");
      return {
        on,
        key: (colon < 0 ? bare : bare.slice(0, colon)).trim(),
        value: colon < 0 ? "" : bare.slice(colon + 1).replace(/^ /, ""),
      };
    });
  const origin = continued(
    rows,
    lines,
    (row, line) => keyOf(row) === line.key && valueOf(row) === line.value && isOn(row) === line.on,
    (row, line) => keyOf(row) === line.key,
  );
  return lines.map(({ on, key, value }, index) => {
    const row = rows[origin[index] ?? -1];
    // A form's file stays a file as long as its line is not touched.
    return switched(row && valueOf(row) === value ? { ...row, key } : { ...row, key, value }, on);
  });
}
