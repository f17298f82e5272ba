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

function stringify(value: unknown, replacer?: unknown, space?: unknown): unknown {
  try {
    return (writeJson as (...args: unknown[]) => unknown)(value, replacer, space);
  } catch (error) {
    if (error instanceof Error) error.name = "JSONError";
    throw error;
  }
}

/** Puts our `parse` and `stringify` in the place of the engine's. */
export function installJson(): void {
  for (const [name, value] of Object.entries({ parse, stringify })) {
    Object.defineProperty(JSON, name, { value, writable: true, configurable: true, enumerable: false });
  }
}
