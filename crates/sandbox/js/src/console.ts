// `console`: arguments become JSON; what JSON cannot say becomes text.

import { host, writeJson } from "./host";

const DEPTH = 12;
const ENTRIES = 10_000;

class Plainer {
  #left = ENTRIES;
  readonly #above: object[] = [];

  of(value: unknown): unknown {
    switch (typeof value) {
      case "string":
        return value.toWellFormed();
      case "number":
        return Number.isFinite(value) ? value : String(value);
      case "boolean":
        return value;
      case "undefined":
        return "undefined";
      case "bigint":
        return `${value}n`;
      case "symbol":
        return value.toString();
      case "function":
        return value.name ? `[Function: ${value.name}]` : "[Function]";
      case "object":
        return value === null ? null : this.#object(value);
    }
  }

  #object(value: object): unknown {
    if (this.#above.includes(value)) return "[Circular]";
    if (this.#above.length >= DEPTH || this.#left <= 0) return Array.isArray(value) ? "[Array]" : "[Object]";
    this.#above.push(value);
    try {
      return this.#content(value);
    } catch (error) {
      return `[unreadable: ${String(error)}]`;
    } finally {
      this.#above.pop();
    }
  }

  #content(value: object): unknown {
    if (Array.isArray(value)) return this.#list(value);
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (value instanceof Map) return { "[Map]": this.#list([...value]) };
    if (value instanceof Set) return { "[Set]": this.#list([...value]) };
    if (value instanceof Promise) return "[Promise]";
    if (value instanceof WeakMap) return "[WeakMap]";
    if (value instanceof WeakSet) return "[WeakSet]";
    if (value instanceof ArrayBuffer) return `[ArrayBuffer { byteLength: ${value.byteLength} }]`;
    if (value instanceof String || value instanceof Number || value instanceof Boolean) return value.valueOf();
    const toJson: unknown = Reflect.get(value, "toJSON");
    if (typeof toJson === "function") {
      const json: unknown = toJson.call(value);
      if (json !== value) return this.of(json);
    }
    const entries: [string, unknown][] = [];
    for (const key of Object.keys(value)) {
      if (this.#left-- <= 0) {
        entries.push(["...", "more"]);
        break;
      }
      entries.push([key.toWellFormed(), this.of(Reflect.get(value, key))]);
    }
    return Object.fromEntries(entries);
  }

  #list(list: unknown[]): unknown[] {
    const kept: unknown[] = [];
    for (const entry of list) {
      if (this.#left-- <= 0) {
        kept.push("... more");
        break;
      }
      kept.push(this.of(entry));
    }
    return kept;
  }
}

function print(level: string, args: unknown[]): void {
  host().print(level, writeJson(args.map((arg) => new Plainer().of(arg))));
}

export const scriptConsole = {
  log: (...args: unknown[]) => print("log", args),
  info: (...args: unknown[]) => print("info", args),
  warn: (...args: unknown[]) => print("warn", args),
  error: (...args: unknown[]) => print("error", args),
  debug: (...args: unknown[]) => print("debug", args),
  trace: (...args: unknown[]) => print("debug", args),
  table: (...args: unknown[]) => print("log", args),
  dir: (value: unknown) => print("log", [value]),
  assert: (condition: unknown, ...args: unknown[]) => {
    if (!condition) print("error", ["Assertion failed", ...args]);
  },
  clear: () => {},
  group: (...args: unknown[]) => args.length > 0 && print("log", args),
  groupEnd: () => {},
  time: () => {},
  timeEnd: () => {},
};
