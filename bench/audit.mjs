// Measures the ledger: audited changes a second, the first page of a large log, and a proof of a whole export offline.
// See README.md.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const { values: options } = parseArgs({
  options: {
    bulla: { type: "string", default: join(root, "target/release/bulla") },
    fill: { type: "string", default: join(root, "target/release/examples/fill_log") },
    postgres: { type: "string" },
    sets: { type: "string", default: "changes,page,verify" },
    seconds: { type: "string", default: "10" },
    writers: { type: "string", default: "16" },
    events: { type: "string", default: "10000000" },
    proved: { type: "string", default: "1000000" },
  },
});
const sets = options.sets.split(",");
for (const file of [options.bulla, ...(sets.some((set) => set !== "changes") ? [options.fill] : [])]) {
  if (!existsSync(file)) {
    console.error(`${file} is not there; README.md says how it is built`);
    process.exit(1);
  }
}
const folder = mkdtempSync(join(tmpdir(), "bulla-bench-"));
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const percentile = (list, part) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * part)];
const results = [];
const note = (what, value) => {
  results.push([what, value]);
  console.error(`${what}: ${value}`);
};

// Processor time that a process has used, in ms (Linux: user and system, in ticks of 10 ms).
function used(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function start(data, database) {
  const flags = ["serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "warn"];
  if (database) flags.push("--database-url", database);
  const server = spawn(options.bulla, flags, { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((found, failed) => {
    let text = "";
    server.stdout.on("data", (piece) => {
      text += piece;
      const match = /https?:\/\/127\.0\.0\.1:\d+/.exec(text);
      if (match) found(match[0]);
    });
    server.on("exit", (code) => failed(new Error(`the server ended with ${code}`)));
  });
  let cookie = "";
  const ask = (method, path, body) =>
    new Promise((done, failed) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = { "x-bulla-request": "1", cookie, ...(text ? { "content-type": "application/json", "content-length": Buffer.byteLength(text) } : {}) };
      const out = request(`${url}${path}`, { method, headers, agent }, (answer) => {
        const pieces = [];
        answer.on("data", (piece) => pieces.push(piece));
        answer.on("end", () => {
          const text = Buffer.concat(pieces).toString();
          if (answer.statusCode >= 300) return failed(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
          cookie = answer.headers["set-cookie"]?.[0].split(";")[0] ?? cookie;
          done(text ? JSON.parse(text) : undefined);
        });
      });
      out.on("error", failed);
      out.end(text);
    });
  const stop = () =>
    new Promise((done) => {
      server.removeAllListeners("exit");
      server.on("exit", done);
      server.kill("SIGTERM");
    });
  const credentials = { email: "b@example.com", password: "four plain words here" };
  const setUp = () => ask("POST", "/api/setup", { name: "B", teamName: "T", ...credentials });
  return { ask, stop, pid: server.pid, setUp, signIn: () => ask("POST", "/api/session", credentials) };
}

// A database of its own on the server that was named.
function postgres(name) {
  const sql = (text) => execFileSync("psql", [options.postgres, "-qc", text]);
  sql(`drop database if exists ${name} with (force)`);
  sql(`create database ${name}`);
  return { url: options.postgres.replace(/\/[^/]*$/, `/${name}`), drop: () => sql(`drop database ${name} with (force)`) };
}

async function changes(label, data, database) {
  const { ask, stop, setUp, pid } = await start(data, database);
  await setUp();
  const workspace = await ask("POST", "/api/workspaces", { name: "Bench", kind: "team" });
  const collection = await ask("POST", `/api/workspaces/${workspace.id}/collections`, { name: "C" });
  const writers = Number(options.writers);
  const items = [];
  for (let n = 0; n < writers; n++) {
    items.push(await ask("POST", `/api/collections/${collection.id}/items`, { parentId: null, kind: "request", name: `r ${n}` }));
  }
  const took = [];
  const before = used(pid);
  const until = performance.now() + Number(options.seconds) * 1000;
  const began = performance.now();
  await Promise.all(
    items.map(async (item) => {
      for (let version = 1; performance.now() < until; version++) {
        const begun = performance.now();
        await ask("PATCH", `/api/items/${item.id}`, { version, name: `save ${version}` });
        took.push(performance.now() - begun);
      }
    }),
  );
  const rate = took.length / ((performance.now() - began) / 1000);
  note(`${label}: audited changes a second, ${writers} at once`, `${Math.round(rate)} (p50 ${percentile(took, 0.5).toFixed(1)} ms, p99 ${percentile(took, 0.99).toFixed(1)} ms; the server used ${((used(pid) - before) / took.length).toFixed(2)} ms of a processor for each)`);
  await stop();
}

function fill(dialect, place, events) {
  execFileSync(options.fill, [dialect, place, String(events)], { stdio: ["ignore", "inherit", "inherit"] });
}

async function page(label, data, database, dialect, place, events) {
  const first = await start(data, database);
  await first.setUp();
  await first.stop();
  fill(dialect, place, events);
  const { ask, stop, signIn } = await start(data, database);
  await signIn();
  const { items } = await ask("GET", "/api/audit/events?order=desc&limit=1");
  const middle = await ask("GET", `/api/audit/events?order=desc&limit=1&after=${Math.floor(events / 2)}`);
  const { actor, target } = middle.items[0];
  const asked = {
    "first page": "",
    "of one actor": `&actor=${actor.id}`,
    "about one thing": `&target=${target.id}`,
    "one action": "&action=session.create",
    "refused": "&outcome=refused",
    "of a past day": `&until=${middle.items[0].at}`,
    "a rare action": "&action=team.create",
  };
  for (const [what, filter] of Object.entries(asked)) {
    const took = [];
    for (let round = 0; round < 21; round++) {
      const begun = performance.now();
      await ask("GET", `/api/audit/events?order=desc&limit=50${filter}`);
      took.push(performance.now() - begun);
    }
    note(`${label}, ${events.toLocaleString("en")} events: ${what}`, `${took[0].toFixed(1)} ms at first, ${percentile(took, 0.5).toFixed(1)} ms median`);
  }
  if (items.length !== 1) throw new Error("no event");
  await stop();
}

async function verify(events) {
  const data = join(folder, "verify");
  const first = await start(data);
  await first.setUp();
  await first.stop();
  fill("sqlite", join(data, "bulla.sqlite"), events);
  const checkpoint = join(folder, "checkpoint");
  writeFileSync(checkpoint, execFileSync(options.bulla, ["audit", "checkpoint", "--data", data]));
  const file = join(folder, "log.ndjson");
  let begun = performance.now();
  execFileSync(options.bulla, ["audit", "export", "--data", data, file], { stdio: "ignore" });
  note(`export of ${events.toLocaleString("en")} events (${Math.round(statSync(file).size / 1e6)} MB)`, `${((performance.now() - begun) / 1000).toFixed(1)} s`);
  const took = [];
  for (let round = 0; round < 3; round++) {
    begun = performance.now();
    execFileSync(options.bulla, ["audit", "verify", file, checkpoint], { stdio: "ignore" });
    took.push((performance.now() - begun) / 1000);
  }
  note(`offline proof of ${events.toLocaleString("en")} events`, `${percentile(took, 0.5).toFixed(1)} s`);
}

try {
  if (sets.includes("changes")) {
    await changes("SQLite", join(folder, "changes"));
    if (options.postgres) {
      const own = postgres("bulla_bench_changes");
      await changes("PostgreSQL", join(folder, "changes-postgres"), own.url);
      own.drop();
    }
  }
  if (sets.includes("verify")) await verify(Number(options.proved));
  if (sets.includes("page")) {
    const data = join(folder, "page");
    await page("SQLite", data, undefined, "sqlite", join(data, "bulla.sqlite"), Number(options.events));
    rmSync(data, { recursive: true });
    if (options.postgres) {
      const own = postgres("bulla_bench_page");
      await page("PostgreSQL", join(folder, "page-postgres"), own.url, "postgres", own.url, Number(options.events));
      own.drop();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
  agent.destroy();
}
console.log(`| what | measured |\n| --- | --- |\n${results.map(([what, value]) => `| ${what} | ${value} |`).join("\n")}`);
