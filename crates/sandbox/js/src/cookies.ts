// `pm.cookies` and its jar. The jar itself is the host's.

import { host, parseJson, writeJson } from "./host";
import { sdk, type PropertyList } from "./sdk";
import { awaitHost } from "./timers";

type Callback = (error: Error | null, result?: unknown) => void;

/** The cookies of the request's domain, with `jar()`. */
export function cookieList(): PropertyList {
  const list = new (sdk().CookieList)(null, parseJson(host().cookies()));
  Object.defineProperty(list, "jar", { value: () => new CookieJar(), enumerable: false });
  return list;
}

function address(url: unknown, method: string): string {
  const { Url } = sdk();
  const made = Url.isUrl(url) ? url : typeof url === "string" && url ? new Url(url) : undefined;
  if (!made) throw new TypeError(`CookieJar.${method}() requires a valid url`);
  return made.toString(true);
}

function isCallback(value: unknown): value is Callback {
  return typeof value === "function";
}

function ask(call: string, url: string, what: unknown, done: Callback): void {
  awaitHost(
    (error, result) => (error === undefined ? done(null, result) : done(new Error(error))),
    (id) => host().cookie(id, call, url, writeJson(what ?? null)),
  );
}

/** Answers by callback, and where there is none by a promise. */
function answer(callback: unknown, work: (done: Callback) => void): unknown {
  if (isCallback(callback)) {
    work(callback);
    return undefined;
  }
  return new Promise((resolve, reject) => work((error, result) => (error ? reject(error) : resolve(result))));
}

interface Found {
  name: string;
  value: unknown;
}

function asList(result: unknown): Found[] {
  return Array.isArray(result) ? result : [];
}

class CookieJar {
  get(url: unknown, name: unknown, callback?: unknown): unknown {
    const at = address(url, "get");
    if (typeof name !== "string") throw new TypeError("CookieJar.get() requires cookie name to be a string");
    return answer(callback, (done) =>
      ask("list", at, { http: true }, (error, result) => {
        if (error) return done(error);
        done(null, asList(result).find((cookie) => cookie.name === name)?.value ?? null);
      }),
    );
  }

  getAll(url: unknown, options?: unknown, callback?: unknown): unknown {
    const at = address(url, "getAll");
    const taker = isCallback(options) ? options : callback;
    const wanted = typeof options === "object" && options !== null && "http" in options ? Boolean(options.http) : true;
    return answer(taker, (done) =>
      ask("list", at, { http: wanted }, (error, result) =>
        error ? done(error) : done(null, new (sdk().CookieList)(null, asList(result))),
      ),
    );
  }

  set(url: unknown, name: unknown, value?: unknown, callback?: unknown): unknown {
    const at = address(url, "set");
    const taker = isCallback(value) ? value : callback;
    const given = isCallback(value) ? undefined : value;
    let cookie: unknown;
    if (typeof name === "string" && given !== undefined && given !== null) cookie = { name, value: String(given) };
    else if (typeof name === "object" && name !== null) cookie = plain(name);
    else if (typeof name === "string") cookie = name;
    else throw new TypeError("CookieJar.set() requires a valid set cookie arguments");
    return answer(taker, (done) =>
      ask("set", at, cookie, (error, result) =>
        error ? done(error) : done(null, result ? new (sdk().Cookie)(result) : result),
      ),
    );
  }

  unset(url: unknown, name: unknown, callback?: unknown): unknown {
    const at = address(url, "unset");
    if (typeof name !== "string") throw new TypeError("CookieJar.unset() requires cookie name to be a string");
    return answer(callback, (done) => ask("unset", at, name, (error) => done(error)));
  }

  clear(url: unknown, callback?: unknown): unknown {
    const at = address(url, "clear");
    return answer(callback, (done) => ask("clear", at, null, (error) => done(error)));
  }
}

function plain(cookie: object): unknown {
  const known = parseJson(writeJson(cookie)) as Record<string, unknown>;
  return { ...known, name: known.name ?? known.key };
}
