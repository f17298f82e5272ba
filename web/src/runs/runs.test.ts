import { describe, expect, test } from "vitest";
import { type Entry, latest } from "./console";
import { readData } from "./data";
import { bytes, duration } from "./format";
import { changedSettings, optionsOf, usualSettings } from "./options";
import { pretty } from "./pretty";
import { collector, outcome, type RunView } from "./run";
import { BrokenStream, events, type RunEvent } from "./stream";

function stream(...parts: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(typeof part === "string" ? encoder.encode(part) : part);
      controller.close();
    },
  });
}

async function types(...parts: (string | Uint8Array)[]): Promise<string> {
  const seen: string[] = [];
  for await (const event of events(stream(...parts))) seen.push(event.type);
  return seen.join(" ");
}

describe("a stream of events", () => {
  test("is read line by line, however it is cut", async () => {
    const whole = '{"type":"a","text":"ü{\\n}"}\n\n{"type":"b"}\r\n{"type":"c"}';
    expect(await types(whole)).toBe("a b c");
    const bytes = new TextEncoder().encode(whole);
    for (let cut = 1; cut < bytes.length; cut++)
      expect(await types(bytes.slice(0, cut), bytes.slice(cut)), String(cut)).toBe("a b c");
    expect(await types(...[...bytes].map((byte) => Uint8Array.of(byte)))).toBe("a b c");
  });

  test("that is torn is said to be broken", async () => {
    await expect(types('{"type":"a"}\n{"type":"b"')).rejects.toBeInstanceOf(BrokenStream);
    const torn = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new TypeError("network")),
    });
    await expect(events(torn).next()).rejects.toBeInstanceOf(BrokenStream);
  });

  test("may have events that are not known, and lines that are none", async () => {
    expect(await types('{"type":"new in a later version"}\n[]\n{}\n')).toBe("new in a later version");
  });
});

describe("laying out", () => {
  test("JSON keeps every digit, names that come twice, and variables", () => {
    expect(
      pretty('{"a":12345678901234567890.0,"a":[],"b":{},"c":[1,{"d":"\\"}{"}],"e":{{var}}}', "json"),
    ).toBe(
      '{\n  "a": 12345678901234567890.0,\n  "a": [],\n  "b": {},\n  "c": [\n    1,\n    {\n      "d": "\\"}{"\n    }\n  ],\n  "e": {{var}}\n}',
    );
    expect(pretty('{"a":1}\n{"b":2}', "json")).toBe('{\n  "a": 1\n}\n{\n  "b": 2\n}');
    expect(pretty(" 7 ", "json")).toBe("7");
  });
  test("what is no JSON stays as it is", () => {
    for (const text of ["", "{", '{"a":}', "[1,2", '"open', "a b]", "{1 2}", "<html>", ",", '{"a":1}}'])
      expect(pretty(text, "json"), text).toBeNull();
  });
  test("markup is indented, and what is inside of pre and script is not touched", () => {
    expect(pretty('<?xml version="1.0"?><a x="1>2"><b>text</b><c/><!-- n --></a>', "xml")).toBe(
      '<?xml version="1.0"?>\n<a x="1>2">\n  <b>text</b>\n  <c/>\n  <!-- n -->\n</a>',
    );
    expect(pretty("<div><br><pre> a\n  b</pre><script>if (a<b) {}</script></div>", "html")).toBe(
      "<div>\n  <br>\n  <pre> a\n  b</pre>\n  <script>if (a<b) {}</script>\n</div>",
    );
    expect(pretty("no markup", "xml")).toBeNull();
  });
});

describe("a data file", () => {
  test("shows its iterations", () => {
    expect(readData("a.csv", 'name,note\r\nAna,"a, ""b""\nc"\r\n\r\nBo,\r\n')).toEqual({
      ok: true,
      rows: 2,
      columns: ["name", "note"],
      sample: [
        { name: "Ana", note: 'a, "b"\nc' },
        { name: "Bo", note: "" },
      ],
    });
    expect(readData("a.json", '\ufeff[{"a":1,"b":"x"},{"c":[2]}]')).toEqual({
      ok: true,
      rows: 2,
      columns: ["a", "b", "c"],
      sample: [{ a: "1", b: "x" }, { c: "[2]" }],
    });
  });
  test("that cannot be used says why", () => {
    for (const [name, text, problem] of [
      ["a.csv", "", "The file is empty."],
      ["a.csv", "only,names", "names in its first line"],
      ["a.csv", 'a\n"open', "never closed"],
      ["a.json", "{}", "a list of objects"],
      ["a.json", "[1]", "Entry 1"],
      ["a.json", "[", "not JSON"],
    ] as const)
      expect(readData(name, text), text).toMatchObject({
        ok: false,
        problem: expect.stringContaining(problem) as string,
      });
  });
});

test("a run is counted as its events come", () => {
  const run: Parameters<typeof collector>[0] = {
    view: { iterations: 1, passed: 0, failed: 0, skipped: 0, errors: 0, averageMs: 0 } as RunView,
    results: [],
    version: 0,
  };
  const take = collector(run);
  const item = (name: string) => ({ id: name, name, path: [] });
  const assertion = (name: string, passed: boolean): RunEvent => ({
    type: "assertion",
    item: item(name),
    iteration: 0,
    index: 0,
    target: "test",
    name: "works",
    passed,
    skipped: false,
    error: null,
  });
  const events: RunEvent[] = [
    { type: "itemStarted", iteration: 0, position: 0, item: item("one") },
    assertion("one", true),
    { type: "itemFinished", item: item("one"), iteration: 0, position: 0, durationMs: 1, skipped: false },
    { type: "itemStarted", iteration: 0, position: 1, item: item("two") },
    assertion("two", false),
    {
      type: "scriptFailed",
      item: item("two"),
      iteration: 0,
      target: "test",
      at: "request two",
      error: { name: "Error", message: "x" },
    },
    { type: "itemFinished", item: item("two"), iteration: 0, position: 1, durationMs: 1, skipped: false },
    { type: "itemStarted", iteration: 0, position: 2, item: item("three") },
    {
      type: "requestFailed",
      item: item("three"),
      exchange: 0,
      iteration: 0,
      source: "script",
      method: "GET",
      url: "http://nobody.example/",
      error: { code: "x", phase: "dns", message: "no" },
    },
    {
      type: "requestFailed",
      item: item("three"),
      exchange: 0,
      iteration: 0,
      source: "item",
      method: "GET",
      url: "http://nobody.example/",
      error: { code: "x", phase: "dns", message: "no" },
    },
  ];
  events.forEach(take);
  expect(
    run.results.map((result) => `${result.item.name} ${outcome(result)} ${result.tests.length}`),
  ).toEqual(["one passed 1", "two failed 2", "three failed 0"]);
  expect(run.view).toMatchObject({ passed: 1, failed: 2, errors: 1 });
});

test("times and sizes are said as people say them", () => {
  expect([0, 0.8, 12.4, 999, 1240, 125_000].map(duration)).toEqual([
    "0 ms",
    "0.8 ms",
    "12 ms",
    "999 ms",
    "1.24 s",
    "2 m 05 s",
  ]);
  expect([0, 512, 1000, 1400, 100_000, 3_020_000].map(bytes)).toEqual([
    "0 B",
    "512 B",
    "1 KB",
    "1.4 KB",
    "100 KB",
    "3.02 MB",
  ]);
});

describe("the console", () => {
  const entry = (id: number, signs: number): Entry => ({
    id,
    at: 0,
    item: null,
    kind: "log",
    level: "log",
    messages: ["x".repeat(signs)],
    target: null,
  });
  const ids = (entries: readonly Entry[]) => entries.map(({ id }) => id);

  test("keeps the newest entries, so many of them and so many signs", () => {
    const all = [entry(1, 10), entry(2, 10_000), entry(3, 10), entry(4, 10)];
    expect(ids(latest(all, 9, 100_000))).toEqual([1, 2, 3, 4]);
    expect(ids(latest(all, 3, 100_000))).toEqual([2, 3, 4]);
    expect(ids(latest(all, 9, 5_000))).toEqual([3, 4]);
  });

  test("keeps the last entry however long it is", () => {
    expect(ids(latest([entry(1, 10), entry(2, 10_000)], 9, 100))).toEqual([2]);
  });
});

describe("the settings of a run", () => {
  test("are sent where they are not as usual", () => {
    expect(optionsOf(usualSettings)).toEqual({});
    expect(changedSettings(usualSettings)).toBe(0);
    const settings = {
      ...usualSettings,
      parallel: "4",
      bail: "folder",
      retries: "2",
      retryPause: "",
      retryOn: "network,  5xx",
      requestTimeout: "1500.7",
      timeout: "x",
      cookies: "fresh",
      saveResponses: false,
      seed: "0",
    } as const;
    expect(optionsOf(settings)).toEqual({
      parallel: 4,
      bail: "folder",
      retry: { times: 2, pauseMs: 0, on: ["network", "5xx"] },
      requestTimeoutMs: 1500,
      cookies: "fresh",
      discardBodies: true,
      seed: 0,
    });
    expect(changedSettings(settings)).toBe(10);
  });
});
