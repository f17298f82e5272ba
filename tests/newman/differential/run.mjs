// Writes every case as a collection, once for newman and once for bulla, and runs the first lot with newman: all in one
// process, since newman needs a second of CPU to start.
//
// node run.mjs SPEC.json, where the file holds `folder`, `certs` and the `ports` of the recorders.
// Each case calls a host of its own, CASE.localhost, by which its requests are known again on the wire.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

import { groups as flows } from "./flows.mjs";
import { groups as requests } from "./requests.mjs";
import { groups as scripts } from "./scripts.mjs";
import { script } from "./build.mjs";

const newman = createRequire(import.meta.url)("newman");
const spec = JSON.parse(readFileSync(process.argv[2], "utf8"));
const only = process.argv[3];

/** Fills in the addresses of one case. */
function filled(text, ports, id) {
  const at = (port) => `${id}.localhost:${port}`;
  return text.replace(/\b(OTHERHOST|EXPIRED|TLS12|TLS13|TLS|HOST|CASE|PORT|CERTS)\b/g, (word) => {
    if (word === "CASE") return id;
    if (word === "PORT") return ports.HOST;
    if (word === "CERTS") return spec.certs;
    return at(ports[word]);
  });
}

function deep(value, fill) {
  if (typeof value === "string") return fill(value);
  if (Array.isArray(value)) return value.map((entry) => deep(entry, fill));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, deep(entry, fill)]));
  return value;
}

const SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
const runs = [];
const counts = {};

for (const group of [...requests, ...scripts, ...flows]) {
  const kind = group.name.split(":")[0];
  const number = (counts[kind] = (counts[kind] ?? 0) + 1);
  const slug = group.whole ? `${kind}-${number}` : kind;
  const run = { name: group.name, slug, whole: Boolean(group.whole), flags: [], cases: [], masks: {} };
  for (const program of ["newman", "bulla"]) {
    const { ports } = spec;
    const folder = join(spec.folder, program, slug);
    mkdirSync(folder, { recursive: true });
    const fill = (text) => filled(text, ports, slug);
    const write = (name, content) => {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    };
    let next = 0;
    const itemsOf = (items) =>
      items.map((item) => {
        if (item.item) return { ...deep({ ...item, item: undefined }, fill), item: itemsOf(item.item) };
        if (group.whole) return deep(item, fill);
        const id = `${slug}-${++next}`;
        const { mask, ...rest } = item;
        if (program === "newman") {
          run.cases.push({ id, name: `${group.name}: ${item.name}` });
          if (mask) run.masks[id] = mask;
        }
        return { ...deep(rest, (text) => filled(text, ports, id)), name: `${id} ${item.name}` };
      });
    let document = group.file ? deep(group.file, fill) : undefined;
    if (group.items) {
      const events = [...(group.collection?.event ?? []), ...(group.seen ? [script("test", group.seen)] : [])];
      document = { info: { name: group.name, schema: SCHEMA }, item: itemsOf(group.items), ...deep({ ...group.collection, event: events }, fill) };
    }
    write("collection.json", group.text ?? JSON.stringify(document, null, 1));
    const flags = ["collection.json"];
    for (const [what, flag] of [["environment", "-e"], ["globals", "-g"]]) {
      if (!group[what]) continue;
      write(`${what}.json`, fill(JSON.stringify(group[what])));
      flags.push(flag, `${what}.json`);
    }
    for (const [name, content] of Object.entries(group.files ?? {})) write(name, fill(content));
    flags.push(...(group.flags ?? []).map(fill));
    // What hangs must end.
    if (!flags.includes("--timeout-request")) flags.push("--timeout-request", "5000");
    if (program === "bulla") run.flags = flags;
    else run.newman = flags;
  }
  runs.push(run);
}

/** The options that newman's command line makes of its flags, for a run in `folder`. */
function options(flags, folder) {
  const at = (name) => (name === undefined ? undefined : resolve(folder, name));
  const made = { collection: at(flags[0]), workingDir: folder, folder: [], envVar: [], globalVar: [], insecureFileRead: true };
  const pair = (text) => ({ key: text.slice(0, text.indexOf("=")), value: text.slice(text.indexOf("=") + 1) });
  const rest = flags.slice(1);
  while (rest.length) {
    const flag = rest.shift();
    const value = () => rest.shift();
    const optional = () => (rest.length && !rest[0].startsWith("-") ? rest.shift() : undefined);
    switch (flag) {
      case "-e": made.environment = at(value()); break;
      case "-g": made.globals = at(value()); break;
      case "-d": made.iterationData = at(value()); break;
      case "-n": made.iterationCount = Number(value()); break;
      case "--folder": made.folder.push(value()); break;
      case "--env-var": made.envVar.push(pair(value())); break;
      case "--global-var": made.globalVar.push(pair(value())); break;
      case "--bail": made.bail = optional()?.split(",") ?? true; break;
      case "-x": made.suppressExitCode = true; break;
      case "-k": made.insecure = true; break;
      case "--ignore-redirects": made.ignoreRedirects = true; break;
      case "--delay-request": made.delayRequest = Number(value()); break;
      case "--timeout": made.timeout = Number(value()); break;
      case "--timeout-request": made.timeoutRequest = Number(value()); break;
      case "--timeout-script": made.timeoutScript = Number(value()); break;
      case "--working-dir": made.workingDir = at(value()); break;
      case "--no-insecure-file-read": made.insecureFileRead = false; break;
      case "--ssl-client-cert": made.sslClientCert = at(value()); break;
      case "--ssl-client-key": made.sslClientKey = at(value()); break;
      case "--ssl-client-passphrase": made.sslClientPassphrase = value(); break;
      case "--ssl-client-cert-list": made.sslClientCertList = at(value()); break;
      case "--ssl-extra-ca-certs": made.sslExtraCaCerts = at(value()); break;
      default: throw new Error(`no option for ${flag}`);
    }
  }
  return made;
}

process.on("unhandledRejection", () => {});
process.on("uncaughtException", (error) => console.error(`uncaught: ${error.stack}`));

/** Runs one case, or lot of cases. */
async function runOne(run) {
  const folder = join(spec.folder, "newman", run.slug);
  const began = Date.now();
  run.code = await new Promise((done) => {
    const late = setTimeout(() => done("no end"), run.whole ? 30_000 : 120_000);
    const ended = (code, error) => {
      clearTimeout(late);
      run.error = error?.message;
      done(code);
    };
    const reporting = { reporters: ["json"], reporter: { json: { export: join(folder, "report.json") } }, color: "off" };
    const made = options(run.newman, folder);
    try {
      newman.run({ ...made, ...reporting }, (error, summary) => {
        const failed = error || summary.run.error || summary.run.failures.length;
        ended(failed && !made.suppressExitCode ? 1 : 0, error);
      });
    } catch (error) {
      ended(1, error);
    }
  });
  run.took = Date.now() - began;
}

// Most of the time is spent waiting: some run at once.
const waiting = runs.filter((run) => !only || run.slug === only);
const chosen = [...waiting];
await Promise.all(
  Array.from({ length: 6 }, async () => {
    while (waiting.length) await runOne(waiting.shift());
  }),
);
writeFileSync(join(spec.folder, "runs.json"), JSON.stringify(chosen));
process.exit(0);
