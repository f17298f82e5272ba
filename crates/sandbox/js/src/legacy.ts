// The globals of Postman's first script API (`tests`, `responseBody`, `postman.*`, ...).
//
// A script gets one only if its text has the name, and the value is made when the name is first read.

import { scriptConsole } from "./console";
import { ENVIRONMENT, GLOBALS, DATA, host } from "./host";
import { library } from "./require";
import { Response } from "./response";
import type { Pm } from "./pm";
import type { Header } from "./response";

type Variables = Record<string, unknown>;

let defined: string[] = [];
let tests: Record<string, unknown> = {};

/** Defines those of `names` for an execution. */
export function defineLegacy(pm: Pm, names: string[]): void {
  tests = {};
  told = new Set();
  tells = true;
  defined = names;
  if (names.length === 0) return;
  const makers = legacyGlobals(pm);
  for (const name of names) {
    const make = makers[name];
    if (!make) continue;
    Object.defineProperty(globalThis, name, {
      configurable: true,
      enumerable: false,
      get: () => {
        const value = watched(name, make());
        keep(name, value);
        return value;
      },
      set: (value: unknown) => keep(name, value),
    });
  }
}

/** What Postman names in the place of an old global. */
const INSTEAD: Record<string, string> = {
  tests: "pm.test()",
  globals: "pm.globals",
  environment: "pm.environment",
  data: "pm.iterationData",
  request: "pm.request",
  responseCookies: "pm.cookies",
  responseHeaders: "pm.response.headers",
  responseCode: "pm.response.code",
  _: "require('lodash')",
  CryptoJS: "require('crypto-js')",
  tv4: "require('ajv')",
  xml2Json: "require('xml2js')",
  Backbone: "require('backbone')",
  cheerio: "require('cheerio')",
  "postman.setNextRequest": "pm.execution.setNextRequest()",
};

/** Old globals of which this script has been told. */
let told = new Set<string>();
let tells = true;

/** The value of an old global; when it is used the script is told, once, in Postman's words. */
function watched(name: string, value: unknown): unknown {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return value;
  const tell = (): void => {
    if (!tells || told.has(name)) return;
    told.add(name);
    const used = name === "postman" ? "postman.setNextRequest" : name;
    scriptConsole.warn(`Using "${used}" is deprecated. Use "${INSTEAD[used]}" instead.`);
  };
  return new Proxy(value, {
    get: (target, key) => {
      tell();
      return Reflect.get(target, key);
    },
    set: (target, key, given) => {
      tell();
      return Reflect.set(target, key, given);
    },
    apply: (target, self, args) => {
      tell();
      return Reflect.apply(target as () => unknown, self, args); // the trap is for functions alone
    },
  });
}

function keep(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

/** Takes the globals away again. */
export function removeLegacy(): void {
  for (const name of defined) Reflect.deleteProperty(globalThis, name);
  defined = [];
}

/** Turns what the script put into `tests` into assertions. */
export function reportTests(pm: Pm): void {
  tells = false;
  if (!defined.includes("tests")) return;
  const own = Object.getOwnPropertyDescriptor(globalThis, "tests");
  const now: unknown = own && "value" in own ? own.value : tests; // the getter would warn
  for (const [name, value] of Object.entries(typeof now === "object" && now ? now : tests)) {
    pm.tests.legacy(name, value);
  }
}

function legacyGlobals(pm: Pm): Record<string, () => unknown> {
  const environment = once(() => host().variables(ENVIRONMENT));
  const globals = once(() => host().variables(GLOBALS));
  const response = (): Response | undefined => pm.response;
  const always: Record<string, () => unknown> = {
    tests: () => tests,
    environment,
    globals,
    data: () => host().variables(DATA),
    request: () => legacyRequest(pm),
    iteration: () => host().info().iteration,
    postman: () => postmanInterface(pm, environment, globals),
    _: () => library("lodash3"),
    CryptoJS: () => library("crypto-js"),
    tv4: () => library("tv4"),
    Backbone: () => library("backbone"),
    cheerio: () => library("cheerio"),
    xml2Json: () => xml2Json,
  };
  if (!pm.isTest) return always;
  return {
    ...always,
    responseCookies: () => pm.cookies,
    responseHeaders: () => {
      const headers: Variables = {};
      for (const header of response()?.headers ?? []) {
        const { key, value } = header as Header; // the list holds headers only
        headers[key] = value;
      }
      return headers;
    },
    responseTime: () => response()?.responseTime ?? NaN,
    responseCode: () => response()?.details() ?? { code: NaN, name: "", details: "" },
    responseBody: () => response()?.text(),
  };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function legacyRequest(pm: Pm): unknown {
  const { request } = pm;
  const { requestId, requestName } = host().info();
  return {
    id: requestId,
    name: requestName,
    description: text(Reflect.get(request, "description")),
    headers: call(request.headers, "toObject", [true, false, true, true]),
    method: request.method,
    url: request.url.toString(),
    data: legacyBody(Reflect.get(request, "body")),
  };
}

function text(description: unknown): unknown {
  return typeof description === "object" && description !== null ? String(description) : undefined;
}

function call(on: object, method: string, args: unknown[]): unknown {
  const found: unknown = Reflect.get(on, method);
  return typeof found === "function" ? found.apply(on, args) : undefined;
}

interface Param {
  key: string;
  value: unknown;
  disabled?: boolean;
}

/** The body as one value: text, or the fields with several values of a name in a list. */
function legacyBody(body: unknown): unknown {
  if (typeof body !== "object" || body === null || call(body, "isEmpty", [])) return {};
  const mode = String(Reflect.get(body, "mode"));
  const content: unknown = Reflect.get(body, mode);
  if (mode === "raw") return content ?? {};
  if (mode === "file") return (typeof content === "object" && content && Reflect.get(content, "content")) || {};
  if (mode !== "urlencoded" && mode !== "formdata") return {};
  const fields: Variables = {};
  const params = call(content as object, "all", []) as Param[]; // a PropertyList of parameters
  for (const { key, value, disabled } of params) {
    if (disabled) continue;
    const before = fields[key];
    if (!before) fields[key] = value;
    else if (Array.isArray(before)) before.push(value);
    else fields[key] = [before, value];
  }
  return fields;
}

function xml2Json(xml: unknown): unknown {
  const { parseString } = library("xml2js") as {
    parseString(xml: unknown, options: object, done: (error: unknown, result: unknown) => void): void;
  };
  let json: unknown = {};
  parseString(xml, { explicitArray: false, async: false, trim: true, mergeAttrs: false }, (_error, result) => {
    json = result;
  });
  return json;
}

function asText(value: unknown): unknown {
  return value ? String(value) : value;
}

function postmanInterface(pm: Pm, environment: () => Variables, globals: () => Variables): object {
  const set = (scope: Pm["environment"], shown: () => Variables) => (key: string, value: unknown) => {
    const kept = asText(value);
    shown()[key] = kept;
    scope.set(key, kept);
  };
  const clear = (scope: Pm["environment"], shown: () => Variables) => () => {
    for (const key of Object.keys(shown())) delete shown()[key];
    scope.clear();
  };
  const unset = (scope: Pm["environment"], shown: () => Variables) => (key: string) => {
    if (key) delete shown()[key];
    scope.unset(key);
  };
  const always = {
    setEnvironmentVariable: set(pm.environment, environment),
    getEnvironmentVariable: (key: unknown) => pm.environment.get(key),
    clearEnvironmentVariables: clear(pm.environment, environment),
    clearEnvironmentVariable: unset(pm.environment, environment),
    setGlobalVariable: set(pm.globals, globals),
    getGlobalVariable: (key: unknown) => pm.globals.get(key),
    clearGlobalVariables: clear(pm.globals, globals),
    clearGlobalVariable: unset(pm.globals, globals),
    setNextRequest: (name: unknown) => pm.execution.setNextRequest(name),
  };
  if (!pm.isTest) return always;
  return {
    ...always,
    getResponseCookie: (name: unknown) => call(pm.cookies, "one", [String(name)]),
    getResponseHeader: (name: unknown) => pm.response?.headers.one(name)?.value,
  };
}
