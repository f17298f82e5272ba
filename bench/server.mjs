// Measures the server: its start, its memory, a large import, reading it back, saves and Sends. See README.md.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const { values: options } = parseArgs({
  options: {
    bulla: { type: "string", default: join(root, "target/release/bulla") },
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "10000" },
    json: { type: "string" },
  },
});
if (!existsSync(options.bulla)) {
  console.error(`${options.bulla} is not there; build it with cargo build --release -p bulla-cli, or name it with --bulla`);
  process.exit(1);
}
const rounds = Number(options.rounds);
const requests = Number(options.requests);
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const folder = mkdtempSync(join(tmpdir(), "bulla-bench-"));
const results = [];
const note = (what, value, unit) => results.push({ what, value, unit });

// Starts a server and waits until it can serve: milliseconds from the start of the process.
async function start(data) {
  const began = performance.now();
  const server = spawn(options.bulla, ["serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "warn"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise((found, failed) => {
    let text = "";
    server.stdout.on("data", (piece) => {
      text += piece;
      const match = /https?:\/\/127\.0\.0\.1:\d+/.exec(text);
      if (match) found(match[0]);
    });
    server.on("exit", (code) => failed(new Error(`the server ended with ${code}`)));
  });
  const ready = await fetch(`${url}/health/ready`);
  if (!ready.ok) throw new Error(`not ready: ${ready.status}`);
  return { server, url, took: performance.now() - began };
}

async function stop(server) {
  server.removeAllListeners("exit");
  const ended = new Promise((done) => server.on("exit", done));
  const began = performance.now();
  server.kill("SIGTERM");
  await ended;
  return performance.now() - began;
}

// Resident memory in MB: `VmRSS` is now, `VmHWM` the most there ever was (Linux).
function memory(server, field) {
  const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)[1]) / 1024;
}

function collection() {
  const request = (n) => ({
    name: `request ${n}`,
    event: [{ listen: "test", script: { exec: ["pm.test('status', () => pm.response.to.have.status(200));"] } }],
    request: {
      method: "POST",
      header: [{ key: "Content-Type", value: "application/json" }],
      body: { mode: "raw", raw: JSON.stringify({ n, text: "x".repeat(300) }) },
      url: { raw: `{{base}}/post?n=${n}`, host: ["{{base}}"], path: ["post"], query: [{ key: "n", value: String(n) }] },
    },
    response: [],
  });
  const folders = Array.from({ length: Math.ceil(requests / 100) }, (_, at) => ({
    name: `folder ${at}`,
    item: Array.from({ length: Math.min(100, requests - at * 100) }, (_, n) => request(at * 100 + n)),
  }));
  const schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
  return JSON.stringify({ info: { name: "large", schema }, variable: [{ key: "base", value: "" }], item: folders });
}

try {
  // Starts: the first makes the database and the root key, the others find them.
  const first = [];
  for (let round = 0; round < rounds; round++) {
    const { server, took } = await start(join(folder, `first-${round}`));
    first.push(took);
    await stop(server);
  }
  note("first start, empty data folder, until ready", median(first), "ms");
  const data = join(folder, "data");
  await stop((await start(data)).server);
  const again = [];
  const idle = [];
  const ends = [];
  for (let round = 0; round < rounds; round++) {
    const { server, took } = await start(data);
    again.push(took);
    idle.push(memory(server, "VmRSS"));
    ends.push(await stop(server));
  }
  note("start with existing data, until ready", median(again), "ms");
  note("memory when idle", median(idle), "MB");
  note("end after SIGTERM", median(ends), "ms");

  const { server, url } = await start(data);
  let cookie = "";
  const ask = async (method, path, body, type = "application/json") => {
    // Nothing is compressed: that is a choice of the client.
    const headers = { "x-bulla-request": "1", "accept-encoding": "identity", cookie, ...(body === undefined ? {} : { "content-type": type }) };
    const answer = await fetch(`${url}${path}`, { method, headers, body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    return answer.headers.get("content-type")?.startsWith("application/json") ? JSON.parse(text) : text;
  };
  const timed = async (work) => {
    const began = performance.now();
    const result = await work();
    return [performance.now() - began, result];
  };
  await ask("POST", "/api/setup", JSON.stringify({ name: "B", email: "b@example.com", password: "four plain words here", teamName: "T" }));
  const meta = await ask("GET", "/api/meta");
  const workspace = await ask("POST", "/api/workspaces", JSON.stringify({ name: "Bench", kind: "team" }));

  const file = collection();
  const imports = [];
  let id = "";
  for (let round = 0; round < rounds; round++) {
    const [took, made] = await timed(() =>
      ask("POST", `/api/workspaces/${workspace.id}/import`, file, "application/octet-stream"),
    );
    imports.push(took);
    id = made.id;
  }
  const size = (file.length / 1024 / 1024).toFixed(1);
  note(`import of ${requests.toLocaleString("en")} requests (${size} MB)`, median(imports), "ms");
  note("most memory until then", memory(server, "VmHWM"), "MB");
  const trees = [];
  let items = [];
  for (let round = 0; round < rounds; round++) {
    const [took, pages] = await timed(async () => {
      const all = [];
      let after = "";
      for (;;) {
        const page = await ask("GET", `/api/collections/${id}/items?limit=10000${after}`);
        all.push(...page.items);
        if (page.next === null) return all;
        after = `&after=${page.next}`;
      }
    });
    trees.push(took);
    items = pages;
  }
  note(`its tree, ${items.length.toLocaleString("en")} items`, median(trees), "ms");
  const exports = [];
  for (let round = 0; round < rounds; round++) {
    const [took, exported] = await timed(() => ask("GET", `/api/collections/${id}/export`));
    exports.push(took);
    if (exported.item.length !== JSON.parse(file).item.length) throw new Error("the export is not the import");
  }
  note("its export", median(exports), "ms");

  const item = items.find(({ kind }) => kind === "request").id;
  const saves = [];
  let { version, document } = await ask("GET", `/api/items/${item}`);
  for (let round = 0; round < 50; round++) {
    const body = JSON.stringify({ version, document: { ...document, description: `round ${round}` } });
    const [took, saved] = await timed(() => ask("PATCH", `/api/items/${item}`, body));
    saves.push(took);
    version = saved.version;
  }
  note("a save of one of its requests, on disk", median(saves), "ms");
  const sends = [];
  const locals = { collection: [{ key: "base", value: meta.echoUrl }] };
  for (let round = 0; round < 50; round++) {
    const [took, events] = await timed(() =>
      ask("POST", `/api/workspaces/${workspace.id}/send`, JSON.stringify({ itemId: item, document, locals })),
    );
    sends.push(took);
    if (!events.includes('"passed":true')) throw new Error(`the test did not pass: ${events}`);
  }
  note("a Send of it with its test, until the last event", median(sends), "ms");
  const [took, events] = await timed(() =>
    ask("POST", `/api/workspaces/${workspace.id}/runs`, JSON.stringify({ collectionId: id, locals })),
  );
  const passed = events.split('"passed":true').length - 1;
  if (passed !== requests) throw new Error(`${passed} of ${requests} tests passed`);
  note(`a run of all of it, with ${requests.toLocaleString("en")} tests`, took, "ms");
  note("most memory of the server at the end", memory(server, "VmHWM"), "MB");
  await stop(server);

  console.log("| what | median |");
  console.log("| --- | --- |");
  for (const { what, value, unit } of results) console.log(`| ${what} | ${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en")} ${unit} |`);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
