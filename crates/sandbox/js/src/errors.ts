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
const LINES = /\r\n|[\n\r\u2028\u2029]/;

export function scriptIs(name: string, text: string, columns: number): void {
  file = name;
  source = text;
  offset = columns;
  lines = undefined;
}

function line(number: number): string {
  lines ??= source.split(LINES);
  return lines[number - 1] ?? "";
}

/** The place of the script that a frame names, counted from 0, or nothing if it is not in the script. */
function placeOf(site: CallSite | undefined): { row: number; column: number; text: string } | undefined {
  const row = site?.getLineNumber();
  const column = site?.getColumnNumber();
  if (!site || site.getFileName() !== file || !row || !column) return undefined;
  return { row: row - 1, column: column - 1 - (row === 1 ? offset : 0), text: line(row) };
}

/** The expression that ends before `end`, such as `pm.response`, or "" if it is not of names and calls alone. */
function expressionBefore(text: string, end: number): string {
  let at = end;
  let depth = 0;
  for (; at > 0; at--) {
    const sign = text.charAt(at - 1);
    if (sign === ")" || sign === "]") depth++;
    else if (depth > 0 && (sign === "(" || sign === "[")) depth--;
    else if (depth === 0 && !/[\w$.?]/.test(sign)) break;
  }
  return depth > 0 ? "" : text.slice(at, end);
}

/** The end of the parenthesis that opens at `open`, or -1. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text.charAt(at) === "(") depth++;
    else if (text.charAt(at) === ")" && --depth === 0) return at;
  }
  return -1;
}

/** What is called at a place of the script. The engine names the dot of a method, or about the start of the call. */
function calleeAt(site: CallSite | undefined): { callee: string; isNew: boolean } | undefined {
  const place = placeOf(site);
  if (!place) return undefined;
  const { text, column } = place;
  let end: number;
  if (text.charAt(column) === ".") {
    const name = /^\.\s*[\w$]+/.exec(text.slice(column));
    if (!name) return undefined;
    end = column + name[0].length;
    const close = closing(text, end);
    if (close >= 0 && text.charAt(close + 1) === "(") end = close + 1; // the result was called
  } else {
    const calls = [...text.matchAll(/([\w$][\w$.?]*)\s*\(/g)];
    const call = calls.find(({ index, 0: whole }) => index - 1 <= column && column <= index + whole.length);
    if (!call?.[1]) return undefined;
    end = call.index + call[1].length;
  }
  const expression = expressionBefore(text, end);
  const before = text.slice(0, end - expression.length);
  // A chain that began on a line above.
  const start = expression.startsWith(".") ? "(intermediate value)" : "";
  const callee = start + expression.replace(/\([^()]*\)/g, "(...)");
  return callee ? { callee, isNew: /\bnew\s+$/.test(before) } : undefined;
}

/** The token at a place of the script, as V8 names one that it did not expect. */
function unexpected(site: CallSite | undefined, otherwise: string): string {
  const place = placeOf(site);
  if (!place) return otherwise;
  lines ??= source.split(LINES);
  if (place.row >= lines.length) {
    return endsInCall(source) ? "missing ) after argument list" : "Unexpected end of input";
  }
  const rest = place.text.slice(place.column);
  const word = /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(rest);
  if (word) return `Unexpected identifier '${word[0]}'`;
  if (/^\d/.test(rest)) return "Unexpected number";
  if (/^["']/.test(rest)) return "Unexpected string";
  return rest === "" ? otherwise : `Unexpected token '${/^(=>|===?|!==?|&&|\|\||.)/.exec(rest)?.[0]}'`;
}

/** Is the last thing that is left open in `text` the parenthesis of a call? */
function endsInCall(text: string): boolean {
  const LONGEST = 100_000;
  if (text.length > LONGEST) return false;
  let left = text.replace(/\/\/.*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g, "_");
  for (let before = ""; before !== left; ) {
    before = left;
    left = left.replace(/\([^()[\]{}]*\)|\[[^()[\]{}]*\]|\{[^()[\]{}]*\}/g, "_");
  }
  const before = /([\w$]+|[\])])\s*\([^([{]*$/.exec(left)?.[1];
  return before !== undefined && !/^(?:await|catch|for|if|return|switch|typeof|while|with)$/.test(before);
}

/** Messages of the engine that V8 words otherwise and that hold no name. */
const WORDS: Record<string, string> = {
  "cannot convert symbol to string": "Cannot convert a Symbol value to a string",
  "cannot convert symbol to number": "Cannot convert a Symbol value to a number",
  "cannot convert BigInt to number": "Cannot mix BigInt and other types, use explicit conversions",
  "circular reference": "Converting circular structure to JSON",
  "expecting hex digit": "URI malformed",
  "invalid array length": "Invalid array length",
  "invalid repeat count": "Invalid count value",
  "string too long": "Invalid string length",
  "invalid 'instanceof' right operand": "Right-hand side of 'instanceof' is not an object",
  "empty array": "Reduce of empty array with no initial value",
  "Date value is NaN": "Invalid time value",
  "unexpected token: 'undefined'": '"undefined" is not valid JSON',
  "unexpected end of string": "Invalid or unexpected token",
  "value is not iterable": "object is not iterable (cannot read property Symbol(Symbol.iterator))",
  "expecting ')'": "missing ) after argument list",
};

/** The message as V8 has it. */
function worded(message: string, site: CallSite | undefined): string {
  let found: RegExpExecArray | null;
  if ((found = /^cannot (read|set) property '([\s\S]*)' of (null|undefined)$/.exec(message))) {
    const [, doing, name, what] = found;
    if (name === "Symbol.iterator") return notIterable(site, `${what}`);
    return `Cannot ${doing} properties of ${what} (${doing === "read" ? "reading" : "setting"} '${name}')`;
  }
  if (message === "not a function" || message === "not a constructor") {
    const called = calleeAt(site);
    if (!called) return message;
    return `${called.callee} is ${called.isNew ? "not a constructor" : message}`;
  }
  if (message === "this is not initialized") {
    return "Must call super constructor in derived class before accessing 'this' or returning from derived constructor";
  }
  if ((found = /^private class field '(.*)' does not exist$/.exec(message))) {
    return `Cannot read private member ${found[1]} from an object whose class did not declare it`;
  }
  if (message === "invalid number of digits") return digits(site?.getFunctionName());
  if ((found = /^(.*) is not initialized$/.exec(message))) return `Cannot access '${found[1]}' before initialization`;
  if ((found = /^'(.*)' is read-only$/.exec(message))) {
    const place = placeOf(site);
    const isProperty = place && /^[\w$]*[.[]/.test(place.text.slice(place.column));
    return isProperty ? `Cannot assign to read only property '${found[1]}' of object` : "Assignment to constant variable.";
  }
  if (message.startsWith("class constructors must be")) {
    return `Class constructor ${site?.getFunctionName() ?? ""} cannot be invoked without 'new'`;
  }
  if ((found = /^(?:unexpected token in expression: |Unexpected token )'(.*)'$/.exec(message))) {
    const told = unexpected(site, `Unexpected token '${found[1]}'`);
    return /^(?:missing|Unexpected end)/.test(told) || !found[1] ? told : `Unexpected token '${found[1]}'`;
  }
  if (message === "expecting ';'" || message === "expecting '}'") return unexpected(site, message);
  if (message.startsWith("invalid redefinition of ")) {
    const place = placeOf(site);
    const name = /([\p{ID_Continue}$]+)\s*$/u.exec(place?.text.slice(0, place.column) ?? "");
    return name ? `Identifier '${name[1]}' has already been declared` : message;
  }
  if (message === "value is not iterable") return notIterable(site, "object");
  // The engine has one message for calls and for patterns.
  if (message === "expecting ')'" && site?.getFunctionName() === "RegExp") {
    return "Invalid regular expression: Unterminated group";
  }
  return WORDS[message] ?? message;
}

/** What is not iterable, by the text after `...` or `of` if the line has one such place only. */
function notIterable(site: CallSite | undefined, what: string): string {
  const spread = [...(placeOf(site)?.text ?? "").matchAll(/(?:\.\.\.|\bof\s+)([\w$][\w$.]*)\s*[\]),]/g)];
  const named = spread.length === 1 ? spread[0]?.[1] : undefined;
  return named === undefined
    ? `${what} is not iterable (cannot read property Symbol(Symbol.iterator))`
    : `${named} is not iterable`;
}

function digits(called: string | null | undefined): string {
  if (called === "toPrecision") return "toPrecision() argument must be between 1 and 100";
  return called ? `${called}() digits argument must be between 0 and 100` : "invalid number of digits";
}

/** Called by the engine when an error is made: words it and says what its `stack` is. */
function prepareStackTrace(error: unknown, sites: CallSite[]): string {
  let head = "Error";
  if (typeof error === "object" && error !== null) {
    const own = Object.getOwnPropertyDescriptor(error, "message");
    if (own && typeof own.value === "string") {
      const better = worded(own.value, sites[0]);
      if (better !== own.value) Object.defineProperty(error, "message", { ...own, value: better });
      if (better === "Invalid string length") define(error, "name", "RangeError"); // V8 has no InternalError
    }
    head = heading(error);
  }
  let stack = head;
  for (const site of sites) {
    const from = site.getFileName();
    if (from === null || from === undefined || from.startsWith("bulla:")) continue;
    const row = site.getLineNumber() ?? 0;
    const column = Math.max(1, (site.getColumnNumber() ?? 1) - (row === 1 && from === file ? offset : 0));
    const name = site.getFunctionName();
    const place = `${from}:${row}:${column}`;
    stack += name && name !== "<anonymous>" ? `\n    at ${name} (${place})` : `\n    at ${place}`;
  }
  return stack;
}

function define(on: object, name: string, value: unknown): void {
  Object.defineProperty(on, name, { value, writable: true, configurable: true, enumerable: false });
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
  // An accessor of the engine: it must be set, not defined.
  Reflect.set(Error, "prepareStackTrace", prepareStackTrace);
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
