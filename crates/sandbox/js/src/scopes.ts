// Variables, as `pm.environment` and its like have them. The host holds the values.

import { DATA, ENVIRONMENT, COLLECTION, GLOBALS, LOCAL, host, writeJson, type Primitive } from "./host";
import { sdk } from "./sdk";

const ORDER = [LOCAL, DATA, ENVIRONMENT, COLLECTION, GLOBALS];

/** Values that this script set and JSON does not give back as they are, by scope. */
type Live = Map<string, unknown>[];

/** All scopes of one execution. */
export class Scopes {
  readonly #live: Live = [new Map(), new Map(), new Map(), new Map(), new Map()];

  get(scope: number, key: string): unknown {
    const live = this.#live[scope];
    if (live && live.size > 0 && live.has(key)) return live.get(key);
    return host().variable(scope, key);
  }

  set(scope: number, key: string, value: unknown): void {
    const live = this.#live[scope];
    if (typeof value === "object" && value !== null) {
      live?.set(key, value);
      host().setJson(scope, key, writeJson(value) ?? "null");
    } else if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") {
      live?.set(key, value);
      host().set(scope, key, typeof value === "bigint" ? String(value) : undefined);
    } else {
      if (value === undefined || Number.isNaN(value)) live?.set(key, value);
      else if (live && live.size > 0) live.delete(key);
      // What is left after the cases above is primitive.
      host().set(scope, key, typeof value === "string" ? value.toWellFormed() : (value as Primitive));
    }
  }

  unset(scope: number, key: string): void {
    this.#live[scope]?.delete(key);
    host().unset(scope, key);
  }

  clear(scope: number): void {
    this.#live[scope]?.clear();
    host().clear(scope);
  }

  /** After someone else has changed variables. */
  forgetLive(): void {
    for (const live of this.#live) live.clear();
  }

  all(scope: number): Record<string, unknown> {
    const all = host().variables(scope);
    for (const [key, value] of this.#live[scope] ?? []) all[key] = value;
    return all;
  }
}

/** One scope, or with `layered` all of them seen from the narrowest. */
export class VariableScope {
  readonly #scopes: Scopes;
  readonly #scope: number;
  readonly #layered: boolean;
  readonly name: string | undefined;

  constructor(scopes: Scopes, scope: number, layered: boolean, name?: string) {
    this.#scopes = scopes;
    this.#scope = scope;
    this.#layered = layered;
    if (name !== undefined) this.name = name;
  }

  get(key: unknown): unknown {
    const name = String(key);
    const scope = this.#layered ? host().find(name) : this.#scope;
    return scope < 0 ? undefined : this.#scopes.get(scope, name);
  }

  has(key: unknown): boolean {
    const name = String(key);
    return this.#layered ? host().find(name) >= 0 : host().has(this.#scope, name);
  }

  set(key: unknown, value?: unknown): void {
    this.#scopes.set(this.#scope, String(key), value);
  }

  unset(key: unknown): void {
    this.#scopes.unset(this.#scope, String(key));
  }

  clear(): void {
    this.#scopes.clear(this.#scope);
  }

  toObject(): Record<string, unknown> {
    if (!this.#layered) return this.#scopes.all(this.#scope);
    const all = {};
    for (const scope of [...ORDER].reverse()) Object.assign(all, this.#scopes.all(scope));
    return all;
  }

  /** `{{names}}` replaced by their values, with dynamic variables; in an object, in every text of it. */
  replaceIn(template: unknown): unknown {
    if (typeof template === "string") {
      if (!template.includes("{{")) return template;
      return host().replaceIn(template.toWellFormed(), this.#layered ? undefined : this.#scope);
    }
    if (Array.isArray(template)) return template.map((entry) => this.replaceIn(entry));
    if (typeof template === "object" && template !== null) {
      return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, this.replaceIn(value)]));
    }
    return template;
  }

  /** A copy of the variables as a list of the collection library. */
  get values(): unknown {
    const entries = Object.entries(this.#scopes.all(this.#scope));
    return new (sdk().VariableList)(null, entries.map(([key, value]) => ({ key, value, type: "any" })));
  }

  toJSON(): unknown {
    const entries = Object.entries(this.#scopes.all(this.#scope));
    const values = entries.map(([key, value]) => ({ type: "any", value, key }));
    return this.name === undefined ? { values } : { name: this.name, values };
  }
}
