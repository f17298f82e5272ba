// `pm.expect`: chai with Postman's assertions for requests and responses, loaded when a script first expects.

import { library } from "./require";
import { Response } from "./response";
import { sdkIfLoaded } from "./sdk";

export interface Expect {
  (value: unknown, message?: string): { to: unknown };
}

interface Chai {
  expect: Expect;
  use(plugin: unknown): void;
}

type Plugin = (sdk: object, lodash: object, ajv: unknown) => unknown;

/** What the plugin asks of lodash, without loading it for what two lines can say. */
const lodash = {
  isNumber: (value: unknown) => typeof value === "number",
  isString: (value: unknown) => typeof value === "string",
  isPlainObject: (value: unknown) => heavy("isPlainObject", value),
  isEqual: (one: unknown, other: unknown) => one === other || heavy("isEqual", one, other),
  has: (value: unknown, path: unknown) => heavy("has", value, path),
  get: (value: unknown, path: unknown) => heavy("get", value, path),
  forOwn: (object: object, each: (value: unknown, key: string) => void) => {
    for (const [key, value] of Object.entries(object)) each(value, key);
  },
};

function heavy(name: string, ...args: unknown[]): unknown {
  const functions = library("lodash") as Record<string, (...args: unknown[]) => unknown>; // its exports
  return functions[name]?.(...args);
}

function Ajv(options: unknown): object {
  const Real = library("ajv") as new (options: unknown) => object; // its exports
  return new Real(options);
}

const kinds = {
  Response: {
    isResponse: (value: unknown) => value instanceof Response || (sdkIfLoaded()?.Response.isResponse(value) ?? false),
  },
  Request: { isRequest: (value: unknown) => sdkIfLoaded()?.Request.isRequest(value) ?? false },
};

let chai: Chai | undefined;

/** chai itself, with Postman's assertions in it. */
export function loadChai(): Chai {
  if (!chai) {
    const loaded = library("chai") as Chai; // its exports
    loaded.use((library("chai-postman") as Plugin)(kinds, lodash, Ajv));
    chai = loaded;
  }
  return chai;
}

export const expect: Expect = (value, message) => loadChai().expect(value, message);
