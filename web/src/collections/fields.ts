import { asRecord, asRecords } from "../api/json";
import type { Document } from "./draft";

/** A description as the formats have it: a text, or an object with its content. */
export function descriptionOf(value: unknown): string {
  if (typeof value === "string") return value;
  const content = asRecord(value)?.["content"];
  return typeof content === "string" ? content : "";
}

/** The same field with another text; whatever else it holds stays. */
export function withDescription(value: unknown, text: string): unknown {
  const record = asRecord(value);
  return record ? { ...record, content: text } : text;
}

export type ScriptKind = "prerequest" | "test";

/** The script that runs before or after each request, from a document's `event` list. */
export function scriptOf(document: Document, kind: ScriptKind): string {
  const event = asRecords(document["event"]).find((candidate) => candidate["listen"] === kind);
  const exec = asRecord(event?.["script"])?.["exec"];
  if (Array.isArray(exec)) return exec.filter((line) => typeof line === "string").join("\n");
  return typeof exec === "string" ? exec : "";
}

/** The document with another script; an empty one is taken out. */
export function withScript(document: Document, kind: ScriptKind, source: string): Document {
  const list = asRecords(document["event"]);
  const old = list.find((candidate) => candidate["listen"] === kind);
  const script = { type: "text/javascript", ...asRecord(old?.["script"]), exec: source.split("\n") };
  const next =
    source === ""
      ? list.filter((candidate) => candidate !== old)
      : old
        ? list.map((candidate) => (candidate === old ? { ...candidate, script } : candidate))
        : [...list, { listen: kind, script }];
  const { event: _, ...rest } = document;
  return next.length === 0 ? rest : { ...document, event: next };
}

/** One of a collection's variables, with the fields the table does not show. */
export interface CollectionVariable extends Document {
  key: string;
  value: unknown;
}

/** The variables of a collection's document, in order. */
export function variablesOf(document: Document): CollectionVariable[] {
  return asRecords(document["variable"]).map((variable) => {
    const key = variable["key"] ?? variable["id"];
    return { ...variable, key: typeof key === "string" ? key : "", value: variable["value"] };
  });
}
