// `require`: npm's libraries, each loaded from bytecode when a script first asks for it.

import { binary, host } from "./host";
import { timerModule } from "./timers";

const loaded = new Map<string, unknown>();

const aliases: Record<string, string> = {
  "string-decoder": "string_decoder",
  "csv-parse/sync": "csv-parse/lib/sync",
  "csv-parse": "csv-parse/lib/sync",
  "uuid/v4": "uuid",
};

/** Not for scripts: they hold parts of the pm layer. */
const inner = new Set(["chai-postman", "liquid-json", "lodash3", "sugar", "iconv-lite", "bulla:dynamic-variables"]);

const process = {
  env: {},
  argv: [],
  browser: true,
  version: "",
  versions: {},
  platform: "browser",
  cwd: () => "/",
  nextTick: (work: (...args: unknown[]) => void, ...args: unknown[]) => queueMicrotask(() => work(...args)),
};

declare function queueMicrotask(work: () => void): void;

/** The library of that name, if there is one. */
export function library(name: string): unknown {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const made = build(name);
  if (made !== undefined) loaded.set(name, made);
  return made;
}

function build(name: string): unknown {
  switch (name) {
    case "atob":
      return atob;
    case "btoa":
      return btoa;
    case "timers":
      return timerModule;
    case "json":
      return JSON;
    case "iconv-lite":
      return { encodingExists: (charset: string) => host().decodes(charset), decode };
    case "bulla:dynamic-variables":
      return dynamicVariables();
  }
  const factory = host().load(name);
  if (!factory) return undefined;
  const module = { exports: {} };
  loaded.set(name, module.exports); // for libraries that need each other
  try {
    factory(library, module, module.exports, process);
  } catch (error) {
    loaded.delete(name);
    throw error;
  }
  return module.exports;
}

declare function atob(text: string): string;
declare function btoa(text: string): string;

function decode(bytes: Uint8Array, charset: string): string {
  return host().decode(binary(bytes), charset);
}

function dynamicVariables(): Record<string, { description: string; generator: () => string | undefined }> {
  const names = host().dynamicNames();
  return Object.fromEntries(
    names.map((name) => [name, { description: name, generator: () => host().dynamic(name) }]),
  );
}

/** `require` as scripts have it. */
export function scriptRequire(name: unknown): unknown {
  const asked = String(name).replace(/^node:/, "");
  const real = aliases[asked] ?? asked;
  const found = inner.has(real) ? undefined : library(real);
  if (found === undefined) throw new Error(`Cannot find module '${asked}'`);
  return found;
}
