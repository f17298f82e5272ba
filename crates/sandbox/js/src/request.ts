// `pm.request`: postman-collection's Request, made when a script touches it, and compared when the script has ended.

import { expect } from "./expect";
import { host, parseJson, writeJson } from "./host";
import { sdk, type SdkRequest } from "./sdk";

type Json = Record<string, unknown>;

/** The request of one execution. */
export class RequestView {
  #request: SdkRequest | undefined;
  #before: Json = {};

  get request(): SdkRequest {
    if (!this.#request) {
      const request = new (sdk().Request)(parseJson(host().request()));
      this.#before = copy(request);
      Object.defineProperty(request, "to", {
        get: () => expect(request).to,
        configurable: true,
        enumerable: false,
      });
      this.#request = request;
    }
    return this.#request;
  }

  /** The request with what the script changed, or undefined. What it did not change stays as it was written. */
  changed(): string | undefined {
    if (!this.#request) return undefined;
    const after = copy(this.#request);
    const raw = parseJson(host().request()) as Json | string;
    const result: Json = typeof raw === "string" ? { url: raw } : raw;
    let changes = false;
    for (const key of new Set([...Object.keys(this.#before), ...Object.keys(after)])) {
      if (writeJson(this.#before[key]) === writeJson(after[key])) continue;
      changes = true;
      if (after[key] === undefined) delete result[key];
      else result[key] = after[key];
    }
    return changes ? writeJson(result) : undefined;
  }
}

function copy(request: SdkRequest): Json {
  const json = parseJson(writeJson(request.toJSON())) as Json;
  delete json.id;
  if (Array.isArray(json.header) && json.header.length === 0) delete json.header;
  return json;
}
