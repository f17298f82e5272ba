// What the tables of cases are written with.

/** Answers exactly with `text`, then hangs up: the recorder in front of the echo service writes it out. */
export const raw = (text, host = "http://HOST") =>
  `${host}/raw/${Buffer.from(text, "latin1").toString("base64url")}`;

/** A raw answer of 200 with `headers` and a `body` whose length is said. */
export const answer = (body, headers = [], host = "http://HOST") => {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body, "utf8");
  const head = ["HTTP/1.1 200 OK", ...headers, `Content-Length: ${bytes.length}`, "Connection: close", "", ""].join("\r\n");
  return raw(head + bytes.toString("latin1"), host);
};

/** A script of an item. */
export const script = (listen, text) => ({ listen, script: { type: "text/javascript", exec: text.split("\n") } });

/** An authorization in the form of v2.1. */
export const auth = (type, values = {}) => ({
  type,
  [type]: Object.entries(values).map(([key, value]) => ({ key, value, type: typeof value === "boolean" ? "boolean" : "string" })),
});

/**
 * A request. `spec` has `url`, and perhaps `method`, `header` (pairs), `body`, `auth`, `pre`, `test`, `behavior`, and
 * `mask`: patterns of what is random in it.
 */
export function request(name, spec) {
  if (typeof spec === "string") spec = { url: spec };
  const header = Array.isArray(spec.header)
    ? spec.header.map((entry) => (Array.isArray(entry) ? { key: entry[0], value: entry[1], ...entry[2] } : entry))
    : (spec.header ?? []);
  const item = { name, request: { method: spec.method ?? (spec.body ? "POST" : "GET"), header, url: spec.url } };
  if (spec.body) item.request.body = spec.body;
  if (spec.auth) item.request.auth = spec.auth;
  if (spec.behavior) item.protocolProfileBehavior = spec.behavior;
  const events = [spec.pre && script("prerequest", spec.pre), spec.test && script("test", spec.test)].filter(Boolean);
  if (events.length) item.event = events;
  if (spec.mask) item.mask = spec.mask;
  return item;
}

/** A raw body in a language. */
export const text = (raw, language) => ({ mode: "raw", raw, ...(language ? { options: { raw: { language } } } : {}) });

/** A form body of pairs. */
export const form = (mode, pairs) => ({
  mode,
  [mode]: pairs.map((pair) => (Array.isArray(pair) ? { key: pair[0], value: pair[1], ...pair[2] } : pair)),
});
