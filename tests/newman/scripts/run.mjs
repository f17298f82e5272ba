// Runs scripts with npm's postman-sandbox, the one that newman uses, and says what each of them did.
//
// node run.mjs SPEC.json, where the file holds `context` (what every script sees), `answers` (what pm.sendRequest is
// answered, by the path of its URL) and `areas`: lists of `{ name, listen, script }`. The scripts of an area share a
// context, as those of a run do. The events are written to standard output as one JSON document.

import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";

const newman = createRequire(createRequire(import.meta.url).resolve("newman"));
const runtime = createRequire(newman.resolve("postman-runtime"));
const sandbox = runtime("postman-sandbox");
const sdk = runtime("postman-collection");
const { Cookie, MemoryCookieStore } = runtime("@postman/tough-cookie");

const spec = JSON.parse(readFileSync(process.argv[2], "utf8"));
/** A script that has not ended by then never will. Milliseconds. */
const PATIENCE = 5000;

/** What newman would die of. */
let rejected = () => {};
process.on("unhandledRejection", (reason) => rejected(reason));

function described(error) {
  if (typeof error === "object" && error !== null) return { name: error.name ?? "Error", message: String(error.message ?? "") };
  return { name: "Error", message: String(error) };
}

/** A console argument as our events have it: what JSON cannot say is text. */
function shown(value) {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.map(shown);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Map) return { "[Map]": [...value].map(shown) };
  if (value instanceof Set) return { "[Set]": [...value].map(shown) };
  const keys = Object.keys(value);
  if (["name", "message"].every((key) => keys.includes(key)) && keys.every((key) => ["name", "message", "stack", "type", "checksum", "id", "code"].includes(key)))
    return `${value.name}: ${value.message}`;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, shown(entry)]));
}

const copied = (value) => JSON.parse(JSON.stringify(value ?? null));

/** The request of a script as it would go on, without what the library adds to all. */
function requestOf(request) {
  const json = copied(new sdk.Request(request));
  delete json.id;
  delete json.url?.variable;
  for (const param of Object.values(json.auth ?? {}).flat()) delete param.type;
  if (Array.isArray(json.header) && json.header.length === 0) delete json.header;
  return json;
}

function variablesOf(scope) {
  return Object.fromEntries((scope?.values ?? []).map(({ key, value }) => [key, value ?? null]));
}

const scope = (values) => ({ values: Object.entries(values).map(([key, value]) => ({ type: "any", key, value })) });

function run(context, store, { listen, script }) {
  const { request, response, cookies, variables, environmentName, info, location } = spec.context;
  const told = { assertions: [], console: [], errors: [], sent: [] };
  const id = `script-${Math.random()}`;
  const names = ["request", "cookies", "assertion", "error", "skipRequest"].map((name) => `execution.${name}.${id}`);
  return new Promise((done) => {
    const take = (_cursor, level, ...args) => told.console.push([level, args.map(shown)]);
    const end = (error, result) => {
      context.removeListener("console", take);
      for (const name of names) context.removeAllListeners(name);
      if (error && told.errors.length === 0) told.errors.push(described(error));
      told.variables = {
        local: variablesOf(result?._variables),
        environment: variablesOf(result?.environment),
        collection: variablesOf(result?.collectionVariables),
        globals: variablesOf(result?.globals),
      };
      const next = result?.return?.nextRequest;
      told.next = next === undefined ? "unset" : next === null ? "stop" : `to ${next}`;
      if (listen === "prerequest" && result?.request) {
        const before = requestOf(request);
        const after = requestOf(result.request);
        const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
        for (const key of keys) {
          if (JSON.stringify(before[key]) !== JSON.stringify(after[key])) (told.request ??= {})[key] = after[key] ?? null;
        }
      }
      done(told);
    };
    const patience = setTimeout(() => {
      told.endless = true;
      end(undefined, undefined);
    }, PATIENCE);
    rejected = (reason) => told.errors.push(described(reason));
    context.on("console", take);
    context.on(`execution.assertion.${id}`, (_cursor, assertions) => {
      for (const { index, name, passed, skipped, error } of assertions) {
        told.assertions.push({ index, name, passed, skipped, error: error === null ? null : described(error) });
      }
    });
    context.on(`execution.error.${id}`, (_cursor, error) => {
      const { name, message } = described(error);
      // Ours has one error; those after it are lines of the console.
      if (told.errors.length > 0) told.console.push(["error", [`${name}: ${message}`]]);
      else told.errors.push({ name, message });
    });
    context.on(`execution.skipRequest.${id}`, () => (told.skipped = true));
    context.on(`execution.request.${id}`, (_cursor, from, requestId, asked) => {
      const made = new sdk.Request(asked);
      told.sent.push(sentOf(made));
      const answer = spec.answers[made.url.getPath()] ?? spec.answers["/"];
      if (answer.error) {
        const error = Object.assign(new Error(answer.error.message), { code: answer.error.code });
        return context.dispatch(`execution.response.${from}`, requestId, error);
      }
      const header = answer.headers.map(([key, value]) => ({ key, value }));
      const stream = Buffer.from(answer.body, "base64");
      const answered = new sdk.Response({ code: answer.code, status: answer.status, header, stream, responseTime: 5 });
      context.dispatch(`execution.response.${from}`, requestId, null, answered, { cookies: [] });
    });
    context.on(`execution.cookies.${id}`, (eventId, _action, method, args) => {
      const given = args.map((arg, at) =>
        (method === "putCookie" && at === 0) || (method === "updateCookie" && at < 2) ? Cookie.fromJSON(arg) : arg,
      );
      const answer = (error, result) => context.dispatch(`execution.cookies.${id}`, eventId, error?.message ?? error, result);
      try {
        store[method](...given, answer);
      } catch {
        answer(`runtime~CookieStore: error executing "${method}"`);
      }
    });
    const header = response.headers.map(([key, value]) => ({ key, value }));
    const stream = Buffer.from(response.body, "base64");
    const event = { listen, script: { type: "text/javascript", exec: script } };
    context.execute(
      event,
      {
        id,
        cursor: { iteration: info.iteration, cycles: info.iterationCount },
        context: {
          request: new sdk.Request(request),
          ...(listen === "test" && {
            response: new sdk.Response({
              code: response.code,
              status: response.status,
              header,
              stream,
              responseTime: response.time,
              cookie: cookies,
            }),
          }),
          cookies,
          data: variables.data,
          _variables: scope(variables.local),
          environment: { name: environmentName, ...scope(variables.environment) },
          collectionVariables: scope(variables.collection),
          globals: scope(variables.globals),
        },
        legacy: {
          _itemId: info.requestId,
          _itemName: info.requestName,
          _itemPath: [...location],
          _eventItemName: location.at(-1),
        },
      },
      (error, result) => {
        clearTimeout(patience);
        // Rejections are told after the promise jobs of this turn.
        setImmediate(() => end(error, result));
      },
    );
  });
}

/** What a script asked to be sent, as far as it is the script's. */
function sentOf(request) {
  const body = request.body?.isEmpty() === false ? copied(request.body) : null;
  return {
    method: request.method,
    url: request.url.toString(),
    headers: request.headers.map(({ key, value }) => `${key}: ${value}`),
    body: body && body[body.mode] !== undefined ? { [body.mode]: body[body.mode] } : body,
  };
}

const results = {};
for (const area of spec.areas) {
  let context;
  const store = new MemoryCookieStore();
  for (const one of area) {
    context ??= await new Promise((done, fail) =>
      sandbox.createContext({}, (error, made) => (error ? fail(error) : done(made))),
    );
    results[one.name] = await run(context, store, one);
    if (results[one.name].endless) context = undefined; // what is in it now, no one knows
  }
}
writeSync(1, JSON.stringify(results));
process.exit(0);
