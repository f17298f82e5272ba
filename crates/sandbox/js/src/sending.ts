// `pm.sendRequest`: by callback or by promise.

import { host, parseJson, writeJson } from "./host";
import { responseOf, type Response } from "./response";
import { sdk } from "./sdk";
import { awaitHost } from "./timers";

type Callback = (error: Error | null, response?: Response, history?: object) => void;

export function sendRequest(pm: object, request: unknown, callback: unknown): unknown {
  if (typeof callback === "function") {
    start(request, (...results) => callback.apply(pm, results));
    return pm;
  }
  return new Promise((resolve, reject) => {
    start(request, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

function start(request: unknown, done: Callback): void {
  if (!request) return done(new Error("sendrequest: nothing to request"));
  const json = writeJson(plain(request));
  awaitHost(
    (error, result) => {
      if (error !== undefined) return done(typeof result === "string" ? failure(error, result) : new Error(error));
      const response = responseOf(Number(result));
      done(null, response, history(response));
    },
    (id) => host().send(id, json),
  );
}

function failure(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

/** A request in the form of collection v2.1, as far as the host does not complete it. */
function plain(request: unknown): unknown {
  if (typeof request === "string") return { url: request, method: "GET" };
  if (typeof request !== "object" || request === null) throw new TypeError("pm.sendRequest needs a URL or a request");
  if ("toJSON" in request && typeof request.toJSON === "function") return request.toJSON();
  const asked = parseJson(writeJson(request)) as Record<string, unknown>;
  const url: unknown = "url" in request ? request.url : undefined;
  if (typeof url === "object" && url !== null && sdkUrl(url)) asked.url = String(url);
  if (typeof asked.body === "string") asked.body = { mode: "raw", raw: asked.body };
  // Postman's old name for the list of headers, and text as in a message.
  if (asked.header === undefined && asked.headers !== undefined) asked.header = asked.headers;
  delete asked.headers;
  if (typeof asked.header === "string") {
    asked.header = parseJson(writeJson(new (sdk().HeaderList)(null, asked.header)));
  }
  return asked;
}

/** Is this a Url of postman-collection? */
function sdkUrl(url: object): boolean {
  return typeof Reflect.get(url, "getRemote") === "function";
}

function history(response: Response | undefined): object {
  return {
    get cookies(): unknown {
      return response?.cookies;
    },
  };
}
