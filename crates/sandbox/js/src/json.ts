// JSON as Postman's scripts have it: a byte order mark is no error, and an error says where and shows the place.

import { parseJson, writeJson } from "./host";
import { library } from "./require";

interface LiquidJson {
  parse(text: unknown, reviver?: unknown, strict?: unknown): unknown;
}

type Reviver = (this: unknown, key: string, value: unknown) => unknown;

export function parse(text: unknown, reviver?: unknown, strict?: unknown): unknown {
  try {
    if (typeof reviver === "function") return parseJson(String(text), reviver as Reviver); // checked just now
    return parseJson(String(text));
  } catch (error) {
    if (explaining || !(error instanceof SyntaxError)) throw error;
    explaining = true;
    try {
      // The slow parser accepts a byte order mark, and finds words for what is wrong.
      return (library("liquid-json") as LiquidJson).parse(text, reviver, strict);
    } finally {
      explaining = false;
    }
  }
}

/** The slow parser itself begins with `JSON.parse`, which is ours by then. */
let explaining = false;

const CIRCULAR = "Converting circular structure to JSON";

/** Where the first circle is, as V8 draws it. */
function circle(value: unknown): string {
  const path: { key: string; object: object }[] = [];
  const end = (function walk(object: object, key: string): string | undefined {
    path.push({ key, object });
    for (const [name, inner] of Object.entries(object)) {
      if (typeof inner !== "object" || inner === null) continue;
      const start = path.findIndex((above) => above.object === inner);
      const found = start >= 0 ? drawn(path.slice(start), name, Array.isArray(object)) : walk(inner, name);
      if (found !== undefined) return found;
    }
    path.pop();
    return undefined;
  })(value as object, ""); // JSON.stringify found a circle in it
  return end ?? "";
}

function drawn(path: { key: string; object: object }[], last: string, isIndex: boolean): string {
  const kind = (object: object): string => `object with constructor '${object.constructor?.name}'`;
  const step = (key: string, above: object): string => (Array.isArray(above) ? `index ${key}` : `property '${key}'`);
  const [first, ...rest] = path;
  if (!first) return "";
  const lines = rest.map(({ key, object }, at) => `|     ${step(key, path[at]?.object ?? {})} -> ${kind(object)}`);
  const shown = lines.length > 2 ? [lines[0], "|     ...", lines.at(-1)] : lines;
  const closing = isIndex ? `index ${last}` : `property '${last}'`;
  return ["", `--> starting at ${kind(first.object)}`, ...shown, `--- ${closing} closes the circle`].join("\n    ");
}

function stringify(value: unknown, replacer?: unknown, space?: unknown): unknown {
  try {
    return (writeJson as (...args: unknown[]) => unknown)(value, replacer, space);
  } catch (error) {
    if (error instanceof Error) {
      error.name = "JSONError";
      if (error.message === CIRCULAR) error.message += circle(value);
    }
    throw error;
  }
}

/** Puts our `parse` and `stringify` in the place of the engine's. */
export function installJson(): void {
  for (const [name, value] of Object.entries({ parse, stringify })) {
    Object.defineProperty(JSON, name, { value, writable: true, configurable: true, enumerable: false });
  }
}
