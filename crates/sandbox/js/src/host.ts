// What the Rust side gives to the pm layer. Nothing else leads out of the sandbox.

/** Numbers of the scopes, narrowest first, as in `ScopeName`. */
export const LOCAL = 0;
export const DATA = 1;
export const ENVIRONMENT = 2;
export const COLLECTION = 3;
export const GLOBALS = 4;

export type Primitive = string | number | boolean | null | undefined;

/** What is known of a response without reading its body. */
export interface ResponseHead {
  code: number;
  status: string;
  responseTime: number;
  responseSize: number;
}

export interface Info {
  eventName: string;
  iteration: number;
  iterationCount: number;
  requestName: string;
  requestId: string;
}

export type Factory = (
  require: (name: string) => unknown,
  module: { exports: unknown },
  exports: unknown,
  process: object,
) => void;

export interface Host {
  /** The value of a variable in one scope. */
  variable(scope: number, key: string): unknown;
  has(scope: number, key: string): boolean;
  /** The narrowest scope that has the variable, or -1. */
  find(key: string): number;
  set(scope: number, key: string, value: Primitive): void;
  setJson(scope: number, key: string, json: string): void;
  unset(scope: number, key: string): void;
  clear(scope: number): void;
  /** All variables of a scope. */
  variables(scope: number): Record<string, unknown>;
  /** With the variables of one scope, or of all. */
  replaceIn(text: string, scope?: number): string;

  info(): Info;
  location(): string[];
  environmentName(): string | undefined;
  /** The request of this execution, as JSON. */
  request(): string;
  cookies(): string;

  /** Response 0 is that of the execution; others came from `send`. Undefined if there is none. */
  head(response: number): ResponseHead | undefined;
  /** Names and values in turn. */
  headers(response: number): string[];
  text(response: number): string;
  bytes(response: number): ArrayBuffer;

  /** Starts a request; `settle` is called with the id. */
  send(id: number, json: string): void;
  /** Starts a call to the cookie jar; `settle` is called with the id. */
  cookie(id: number, call: string, url: string, json: string): void;

  /** Starts a call to the vault; `settle` is called with the id. */
  vault(id: number, call: string, key: string, value: string): void;
  /** Starts another request of the collection, with its scripts; `settle` is called with the id. */
  run(id: number, request: string, variables: string): void;

  print(level: string, json: string): void;
  asserted(index: number, name: string, passed: boolean, skipped: boolean, error: string | undefined): void;
  failed(error: string): void;
  next(name: string | null): void;
  skip(): void;
  /** The whole request, after a pre-request script changed it. */
  changed(json: string): void;

  random(count: number): ArrayBuffer;
  now(): number;
  /** `bytes` has a character for each byte. */
  decode(bytes: string, charset: string): string;
  /** Is the charset known? */
  decodes(charset: string): boolean;
  dynamicNames(): string[];
  dynamic(name: string): string | undefined;
  load(name: string): Factory | undefined;
}

/** The engine's own functions, kept before a script can replace them. */
export const parseJson = JSON.parse;
export const writeJson = JSON.stringify;

/** A text with a character for each byte. */
export function binary(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

let current: Host | undefined;

/** Connects the layer to its host, once. */
export function connect(host: Host): void {
  if (current) throw new Error("the sandbox has started already");
  current = host;
}

export function host(): Host {
  if (!current) throw new Error("the sandbox is not started");
  return current;
}
