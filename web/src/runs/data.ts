import { asRecord } from "../api/json";

/** A data file as the preview shows it; the server reads the file itself when the run starts. */
export type DataFile =
  | { ok: true; rows: number; columns: string[]; sample: Record<string, string>[] }
  | { ok: false; problem: string };

const shownRows = 50;

/** Looks into a data file: each object of a JSON list, or each line of a CSV, is one iteration. */
export function readData(name: string, text: string): DataFile {
  const bare = text.replace(/^\ufeff/, "");
  if (bare.trim() === "") return { ok: false, problem: "The file is empty." };
  return /^\s*[[{]/.test(bare) || name.toLowerCase().endsWith(".json") ? readJson(bare) : readCsv(bare);
}

function readJson(text: string): DataFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (problem) {
    return {
      ok: false,
      problem: `This is not JSON: ${problem instanceof Error ? problem.message : "it cannot be read"}.`,
    };
  }
  if (!Array.isArray(json))
    return { ok: false, problem: "A data file in JSON is a list of objects, one for each iteration." };
  const rows = json.map(asRecord);
  const odd = rows.indexOf(null);
  if (odd >= 0) return { ok: false, problem: `Entry ${odd + 1} of the list is not an object.` };
  if (rows.length === 0) return { ok: false, problem: "The list is empty." };
  return found(
    rows.map((row) =>
      Object.fromEntries(
        Object.entries(row ?? {}).map(([key, value]) => [
          key,
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
      ),
    ),
  );
}

function readCsv(text: string): DataFile {
  const lines = csvLines(text);
  if (lines === null) return { ok: false, problem: "A quotation mark is opened and never closed." };
  const [head, ...rows] = lines;
  if (!head || rows.length === 0)
    return {
      ok: false,
      problem: "A data file in CSV has the names in its first line and an iteration in each line after it.",
    };
  return found(
    rows.map((row) => Object.fromEntries(head.map((name, index) => [name.trim(), row[index] ?? ""]))),
  );
}

function found(rows: Record<string, string>[]): DataFile {
  return {
    ok: true,
    rows: rows.length,
    columns: [...new Set(rows.flatMap(Object.keys))],
    sample: rows.slice(0, shownRows),
  };
}

/** The cells of a CSV, lines without any left out; `null` if a quotation mark stays open. */
function csvLines(text: string): string[][] | null {
  const lines: string[][] = [];
  let line: string[] = [];
  let cell = "";
  let quoted = false;
  const endLine = () => {
    line.push(cell);
    cell = "";
    if (line.some((each) => each.trim() !== "")) lines.push(line);
    line = [];
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') cell += text[++at];
      else quoted = false;
    } else if (sign === '"' && cell.trim() === "") {
      cell = "";
      quoted = true;
    } else if (sign === ",") {
      line.push(cell);
      cell = "";
    } else if (sign === "\n") endLine();
    else if (sign !== "\r") cell += sign;
  }
  if (quoted) return null;
  endLine();
  return lines;
}
