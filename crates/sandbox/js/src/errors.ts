// Errors as Node words them: the message, and a stack in which only the script's own frames stand.

import { host, writeJson } from "./host";

/** What an error looks like to the host. */
interface Described {
  name: string;
  message: string;
  stack: string | undefined;
}

interface CallSite {
  getFileName(): string | null;
  getFunctionName(): string | null;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
}

/** The script that runs: its file name, its lines, and how many columns of line 1 are ours. */
let file = "";
let lines: string[] | undefined;
let source = "";
let offset = 0;

export function scriptIs(name: string, text: string, columns: number): void {
  file = name;
  source = text;
  offset = columns;
  lines = undefined;
}

function line(number: number): string {
  lines ??= source.split(/\r\n|[\n\r\u2028\u2029]/);
  return lines[number - 1] ?? "";
}

const OPEN: Record<string, string> = { ")": "(", "]": "[" };

/** The callee that ends before column `end` of `text`, such as `pm.response.foo`, or "". */
function calleeBefore(text: string, end: number): string {
  let at = end;
  let depth = 0;
  while (at > 0) {
    const sign = text.charAt(at - 1);
    if (sign === ")" || sign === "]") depth++;
    else if (depth > 0) {
      if (Object.values(OPEN).includes(sign)) depth--;
    } else if (!/[\w$.?]/.test(sign)) break;
    at--;
  }
  return depth === 0 ? text.slice(at, end).replace(/\([^()]*\)/g, "(...)") : "";
}

/** The expression that is called at a place of the script. */
function calleeAt(site: CallSite | undefined): string {
  const row = site?.getLineNumber();
  const column = site?.getColumnNumber();
  if (!site || site.getFileName() !== file || !row || !column) return "";
  const text = line(row);
  const start = column - 1 - (row === 1 ? offset : 0);
  // The engine names the place of the open parenthesis, or of the name before it.
  const open = text.indexOf("(", start);
  return open < 0 ? "" : calleeBefore(text, open);
}

/** The message as V8 has it. */
function worded(message: string, site: CallSite | undefined): string {
  let found: RegExpExecArray | null;
  if ((found = /^cannot (read|set) property '([\s\S]*)' of (null|undefined)$/.exec(message))) {
    const doing = found[1] === "read" ? "reading" : "setting";
    return `Cannot ${found[1]} properties of ${found[3]} (${doing} '${found[2]}')`;
  }
  if (message === "not a function" || message === "not a constructor") {
    const callee = calleeAt(site);
    return callee ? `${callee} is ${message}` : message;
  }
  if ((found = /^(.*) is not initialized$/.exec(message))) return `Cannot access '${found[1]}' before initialization`;
  if ((found = /^'(.*)' is read-only$/.exec(message))) return "Assignment to constant variable.";
  if ((found = /^unexpected token in expression: '(.*)'$/.exec(message))) {
    return found[1] ? `Unexpected token '${found[1]}'` : "Unexpected end of input";
  }
  if (message === "invalid redefinition of lexical identifier") return "Identifier has already been declared";
  if (message === "unexpected end of string") return "Invalid or unexpected token";
  if (message === "value is not iterable") return "object is not iterable";
  if (message === "circular reference") return "Converting circular structure to JSON";
  return message;
}

/** Called by the engine when an error is made: words it and says what its `stack` is. */
function prepareStackTrace(error: unknown, sites: CallSite[]): string {
  let head = "Error";
  if (typeof error === "object" && error !== null) {
    const own = Object.getOwnPropertyDescriptor(error, "message");
    if (own && typeof own.value === "string") {
      const better = worded(own.value, sites[0]);
      if (better !== own.value) Object.defineProperty(error, "message", { ...own, value: better });
    }
    head = heading(error);
  }
  let stack = head;
  for (const site of sites) {
    const from = site.getFileName();
    if (from === null || from === undefined || from.startsWith("bulla:")) continue;
    const row = site.getLineNumber() ?? 0;
    const column = (site.getColumnNumber() ?? 0) - (row === 1 && from === file ? offset : 0);
    const name = site.getFunctionName();
    const place = `${from}:${row}:${column}`;
    stack += name && name !== "<anonymous>" ? `\n    at ${name} (${place})` : `\n    at ${place}`;
  }
  return stack;
}

function heading(error: object): string {
  try {
    const { name, message } = nameAndMessage(error);
    return message === "" ? name : `${name}: ${message}`;
  } catch {
    return "Error";
  }
}

function nameAndMessage(error: object): { name: string; message: string } {
  const name: unknown = Reflect.get(error, "name");
  const message: unknown = Reflect.get(error, "message");
  return {
    name: typeof name === "string" && name !== "" ? name : "Error",
    message: message === undefined ? "" : String(message),
  };
}

export function installErrors(): void {
  Object.defineProperty(Error, "prepareStackTrace", {
    value: prepareStackTrace,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}

/** Whatever was thrown, as JSON for the host. */
export function described(thrown: unknown): string {
  let told: Described;
  try {
    if (typeof thrown === "object" && thrown !== null && ("message" in thrown || thrown instanceof Error)) {
      const { name, message } = nameAndMessage(thrown);
      const stack: unknown = Reflect.get(thrown, "stack");
      told = { name, message, stack: typeof stack === "string" ? stack : undefined };
    } else {
      told = { name: "Error", message: text(thrown), stack: undefined };
    }
  } catch {
    told = { name: "Error", message: "an error that cannot be read", stack: undefined };
  }
  return writeJson({
    name: told.name.toWellFormed(),
    message: told.message.toWellFormed(),
    stack: told.stack?.toWellFormed(),
  });
}

declare global {
  interface String {
    toWellFormed(): string;
  }
}

function text(value: unknown): string {
  if (typeof value === "object" && value !== null) return writeJson(value) ?? String(value);
  return String(value);
}

/** Thrown to end a script that skips its request. */
export class Skipped extends Error {
  override name = "Skipped";
}

/** Tells the host of an error that no one caught. */
export function reportUncaught(thrown: unknown): void {
  if (!(thrown instanceof Skipped)) host().failed(described(thrown));
}

const rejected = new Map<object, unknown>();

/** Called by the engine when a promise is rejected without a handler, or gets one later. */
export function rejection(promise: object, reason: unknown, handled: boolean): void {
  if (handled) rejected.delete(promise);
  else rejected.set(promise, reason);
}

/** Reports the rejections that no one has taken by now. */
export function reportRejections(): void {
  if (rejected.size === 0) return;
  const reasons = [...rejected.values()];
  rejected.clear();
  for (const reason of reasons) reportUncaught(reason);
}
