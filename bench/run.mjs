// Measures `bulla run` beside newman: seconds by the clock and of CPU, and peak memory, medians of interleaved rounds. See README.md.

import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const { values: options } = parseArgs({
  options: {
    bulla: { type: "string", default: join(root, "target/release/bulla") },
    newman: { type: "string", default: join(root, "tests/newman/node_modules/.bin/newman") },
    rounds: { type: "string", default: "3" },
    sets: { type: "string", default: "one,tested,plain,tests,data,large" },
    json: { type: "string" },
  },
});

const schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
const test = (lines) => [{ listen: "test", script: { type: "text/javascript", exec: lines } }];
const small = test([
  "pm.test('status', () => pm.response.to.have.status(200));",
  "pm.test('arguments', () => pm.expect(pm.response.json().args.n).to.be.a('string'));",
  "pm.environment.set('last', pm.response.json().args.n);",
]);
const heavy = test([
  "const body = pm.response.json();",
  ...Array.from({ length: 20 }, (_, at) => `pm.test('field ${at}', () => pm.expect(body.json.rows[${at}].id).to.eql(${at}));`),
]);
const rows = Array.from({ length: 1000 }, (_, id) => ({ id, name: `row ${id}`, text: "x".repeat(70) }));

// What each set runs: `requests` items of one collection.
const sets = {
  one: { title: "1 request, no scripts", requests: 1 },
  tested: { title: "1 request, small tests", requests: 1, event: small },
  plain: { title: "500 requests, no scripts", requests: 500 },
  tests: { title: "500 requests, small tests", requests: 500, event: small },
  data: { title: "100 rows of CSV, 10 requests each, small tests", requests: 10, event: small, flags: ["-d", "rows.csv"] },
  large: { title: "50 answers of 100 KB, 20 assertions each", requests: 50, event: heavy, body: { rows } },
  // Only one of the two takes part in these, once: what counts is memory, and newman keeps all of a run in it.
  many: { title: "100,000 passes of 1 request, small tests", requests: 1, event: small, flags: ["-n", "100000"], alone: true },
  unread: { title: "an answer of 100 MB of JSON that no script reads", requests: 1, huge: true, alone: true },
  parsed: {
    title: "an answer of 100 MB of JSON that a script parses",
    requests: 1,
    huge: true,
    alone: true,
    event: test(["const all = pm.response.json();", "pm.test('all of it', () => pm.expect(all.length).to.be.above(900000));"]),
  },
};

// A server whose one answer is 100 MB of JSON.
async function hugeAnswer() {
  const line = JSON.stringify({ id: 0, name: "a row of a large answer", text: "x".repeat(50) });
  const block = `${Array.from({ length: 1000 }, () => line).join(",")},`;
  const server = createServer(async (_, response) => {
    response.setHeader("content-type", "application/json");
    response.write("[");
    for (let sent = 0; sent < 100e6; sent += block.length) {
      if (!response.write(block)) await new Promise((drained) => response.once("drain", drained));
    }
    response.end(`${line}]`);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

function collection({ title, requests, event, body, huge }, address) {
  const item = Array.from({ length: requests }, (_, n) => ({
    name: `request ${n}`,
    request: body
      ? {
          method: "POST",
          url: `${address}/post`,
          body: { mode: "raw", raw: JSON.stringify(body), options: { raw: { language: "json" } } },
        }
      : { method: "GET", url: huge ? `${address}/` : `${address}/get?n=${n}` },
    event,
  }));
  return { info: { name: title, schema }, item };
}

function need(path, how) {
  if (existsSync(path)) return;
  console.error(`${path} is not there; ${how}`);
  process.exit(1);
}

// One run under /usr/bin/time: seconds of CPU, seconds by the clock, megabytes at most. This process may have to answer it.
async function measure(program, args, folder) {
  const times = join(folder, "times");
  const ran = spawn("/usr/bin/time", ["-o", times, "-f", "%U %S %e %M", program, ...args], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  ran.stderr.on("data", (data) => (said += data));
  const status = await new Promise((ended) => ran.on("close", ended));
  if (status !== 0) {
    console.error(`${program} ${args.join(" ")} ended with ${status}\n${said}`);
    process.exit(1);
  }
  const [user, system, wall, kilobytes] = readFileSync(times, "utf8").trim().split("\n").at(-1).split(" ").map(Number);
  return { cpu: user + system, wall, megabytes: kilobytes / 1024 };
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

need("/usr/bin/time", "install it (Debian: apt-get install time)");
need(options.bulla, "build it with cargo build --release -p bulla-cli, or name it with --bulla");
need(options.newman, "install it with npm ci --prefix tests/newman");

const folder = mkdtempSync(join(tmpdir(), "bulla-bench-"));
const echo = spawn(options.bulla, ["echo", "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
try {
  const address = await new Promise((found, failed) => {
    let text = "";
    echo.stdout.on("data", (data) => {
      text += data;
      const match = /http:\/\/\S+/.exec(text);
      if (match) found(match[0]);
    });
    echo.on("exit", (code) => failed(new Error(`the echo service ended with ${code}`)));
  });
  const huge = await hugeAnswer();
  writeFileSync(join(folder, "rows.csv"), ["row,name", ...Array.from({ length: 100 }, (_, row) => `${row},name ${row}`)].join("\n"));
  const results = [];
  for (const name of options.sets.split(",")) {
    const set = sets[name];
    if (!set) throw new Error(`there is no set ${name}; there are ${Object.keys(sets).join(", ")}`);
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(collection(set, set.huge ? huge.address : address)));
    const taken = { bulla: [], newman: [] };
    const programs = [["bulla", options.bulla], ...(set.alone ? [] : [["newman", options.newman]])];
    for (let round = 0; round < (set.alone ? 1 : Number(options.rounds)); round++) {
      for (const [who, program] of programs) {
        taken[who].push(await measure(program, ["run", file, ...(set.flags ?? [])], folder));
      }
    }
    const of = (who) => taken[who].length > 0 && ({
      cpu: median(taken[who].map((run) => run.cpu)),
      wall: median(taken[who].map((run) => run.wall)),
      megabytes: median(taken[who].map((run) => run.megabytes)),
    });
    results.push({ set: name, title: set.title, bulla: of("bulla"), newman: of("newman") });
  }
  console.log("| set | bulla s | newman s | bulla CPU s | newman CPU s | CPU ratio | bulla peak MB | newman peak MB |");
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
  for (const { title, bulla, newman } of results) {
    const beside = (shown) => (newman ? shown(newman) : "");
    const cells = [
      title,
      bulla.wall.toFixed(2),
      beside(({ wall }) => wall.toFixed(2)),
      bulla.cpu.toFixed(2),
      beside(({ cpu }) => cpu.toFixed(2)),
      beside(({ cpu }) => `${(cpu / Math.max(bulla.cpu, 0.01)).toFixed(0)}x`),
      bulla.megabytes.toFixed(0),
      beside(({ megabytes }) => megabytes.toFixed(0)),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  huge.close();
  if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
} finally {
  echo.removeAllListeners("exit");
  echo.kill();
  rmSync(folder, { recursive: true, force: true });
}
