// `pm.response`, thin: what scripts use every day is read from the host, the rest is postman-collection's Response.

import { expect } from "./expect";
import { host, parseJson, type ResponseHead } from "./host";
import { parse } from "./json";
import { sdk, type PropertyList } from "./sdk";

export interface Header {
  key: string;
  value: string;
  valueOf(): string;
}

class HeaderEntry implements Header {
  constructor(
    public key: string,
    public value: string,
  ) {}
  valueOf(): string {
    return this.value;
  }
  toString(): string {
    return `${this.key}: ${this.value}`;
  }
}

/** The headers of a response. Reading is done here; a call to change them goes to a real list from then on. */
export class Headers {
  #members: HeaderEntry[];
  #real: PropertyList | undefined;

  constructor(pairs: string[]) {
    this.#members = [];
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      this.#members.push(new HeaderEntry(pairs[at] ?? "", pairs[at + 1] ?? ""));
    }
  }

  /** The list of postman-collection with these headers. */
  real(): PropertyList {
    this.#real ??= new (sdk().HeaderList)(
      null,
      this.#members.map(({ key, value }) => ({ key, value })),
    );
    return this.#real;
  }

  #call(method: string, args: unknown[]): unknown {
    const real = this.real();
    const found: unknown = Reflect.get(real, method);
    return typeof found === "function" ? found.apply(real, args) : undefined;
  }

  one(name: unknown): Header | undefined {
    if (this.#real) return this.#call("one", [name]) as Header | undefined; // its own entry type
    const wanted = String(name).toLowerCase();
    return this.#members.findLast((header) => header.key.toLowerCase() === wanted);
  }

  get(name: unknown): string | undefined {
    return this.one(name)?.valueOf();
  }

  has(name: unknown, ...value: unknown[]): boolean {
    if (this.#real || typeof name !== "string") return Boolean(this.#call("has", [name, ...value]));
    const wanted = name.toLowerCase();
    const found = this.#members.filter((header) => header.key.toLowerCase() === wanted);
    return value.length > 0 ? found.some((header) => header.value === value[0]) : found.length > 0;
  }

  get members(): unknown[] {
    return this.#real ? this.#real.members : this.#members;
  }

  all(): unknown[] {
    return [...this.members];
  }

  count(): number {
    return this.members.length;
  }

  idx(index: number): unknown {
    return this.members[index];
  }

  toJSON(): unknown {
    return this.#real ? this.#real.toJSON() : this.#members.map(({ key, value }) => ({ key, value }));
  }

  *[Symbol.iterator](): Iterator<unknown> {
    yield* this.members;
  }

  static {
    const rest = [
      "add append assimilate clear contentSize each eachParent filter find indexOf insert insertAfter map populate",
      "prepend reduce remove repopulate toObject toString upsert",
    ];
    for (const name of rest.join(" ").split(" ")) {
      Object.defineProperty(Headers.prototype, name, {
        value(this: Headers, ...args: unknown[]) {
          return this.#call(name, args);
        },
        writable: true,
        configurable: true,
      });
    }
  }
}

declare global {
  interface Array<T> {
    findLast(test: (value: T) => boolean): T | undefined;
  }
}

/** The response of the request, or of a `pm.sendRequest`. */
class PostmanResponse {
  readonly #id: number;
  readonly #head: ResponseHead;
  #headers: Headers | undefined;
  #text: string | undefined;
  #real: object | undefined;

  constructor(id: number, head: ResponseHead) {
    this.#id = id;
    this.#head = head;
    this.code = head.code;
    this.status = head.status;
    this.responseTime = head.responseTime;
    this.responseSize = head.responseSize;
  }

  code: number;
  status: string;
  responseTime: number;
  responseSize: number;

  get headers(): Headers {
    this.#headers ??= new Headers(host().headers(this.#id));
    return this.#headers;
  }

  get stream(): unknown {
    const { Buffer } = globalThis as unknown as { Buffer: { from(bytes: ArrayBuffer): unknown } };
    return Buffer.from(host().bytes(this.#id));
  }

  get cookies(): unknown {
    return Reflect.get(this.real(), "cookies");
  }

  text(): string {
    this.#text ??= host().text(this.#id);
    return this.#text;
  }

  json(reviver?: unknown, strict?: unknown): unknown {
    return parse(this.text(), reviver, strict);
  }

  reason(): string {
    return this.#head.status || String(this.#call("reason", []));
  }

  details(): unknown {
    return this.#call("details", []);
  }

  size(): unknown {
    return this.#call("size", []);
  }

  get to(): unknown {
    return expect(this).to;
  }

  /** The Response of postman-collection with the same content. */
  real(): object {
    this.#real ??= new (sdk().Response)({
      code: this.code,
      status: this.status,
      header: this.headers.toJSON(),
      stream: this.stream,
      responseTime: this.responseTime,
      ...(this.#id === 0 && { cookie: parseJson(host().cookies()) }),
    });
    return this.#real;
  }

  #call(method: string, args: unknown[]): unknown {
    const real = this.real();
    const found: unknown = Reflect.get(real, method);
    return typeof found === "function" ? found.apply(real, args) : undefined;
  }

  static {
    for (const name of ["jsonp", "contentInfo", "mime", "dataURI", "encoding", "describe", "meta", "toJSON"]) {
      Object.defineProperty(this.prototype, name, {
        value(this: PostmanResponse, ...args: unknown[]) {
          return this.#call(name, args);
        },
        writable: true,
        configurable: true,
      });
    }
  }
}

/** Its name is seen in the messages of assertions. */
export { PostmanResponse as Response };

/** Response number `id` of the host, if there is one. */
export function responseOf(id: number): PostmanResponse | undefined {
  const head = host().head(id);
  return head && new PostmanResponse(id, head);
}
