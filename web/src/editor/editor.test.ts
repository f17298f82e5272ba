import { describe, expect, test } from "vitest";
import type { ResolvedVariable } from "../environments/resolve";
import { movedTo, namesIn } from "./ciphers";
import { dynamicVariables } from "./dynamic";
import { bulkText, type Row, withBulkText } from "./rows";
import { addressOf, cellText, parse, pathVariablesOf, queryOf, withAddress, withQuery } from "./url";
import { meaning, pieces, preview, suggestions, typedVariable } from "./variables";

const print = (rows: readonly Row[]) =>
  rows.map(
    ({ key, value, disabled, description }) =>
      `${disabled ? "// " : ""}${String(key)}${value === null ? "" : `=${String(value)}`}${description ? ` (${String(description)})` : ""}`,
  );

describe("an address", () => {
  test("is taken apart as Postman does, and braces divide nothing", () => {
    for (const [text, expected] of [
      [
        "https://api.example.com:8080/v1/users?a=1&b#top",
        "https | - | api.example.com | 8080 | v1,users | a=1 b | top",
      ],
      ["{{base}}/get", "- | - | {{base}} | - | get | - | -"],
      ["{{scheme}}://{{host}}:{{port}}/", "{{scheme}} | - | {{host}} | {{port}} |  | - | -"],
      ["http://{{a/b?c#d}}/x", "http | - | {{a/b?c#d}} | - | x | - | -"],
      ["http://me:pass@[::1]:80/x", "http | me:pass | [::1] | 80 | x | - | -"],
      ["http://h?q={{a&b}}&c=", "http | - | h | - | - | q={{a&b}} c= | -"],
      ["", "- | - |  | - | - | - | -"],
    ] as const) {
      const parts = parse(text);
      const query = parts.query
        ?.map(({ key, value }) => (value === null ? key : `${key}=${value}`))
        .join(" ");
      expect(
        [parts.protocol, parts.auth, parts.host, parts.port, parts.path?.join(), query, parts.hash]
          .map((part) => part ?? "-")
          .join(" | "),
        text,
      ).toBe(expected);
    }
  });

  test("comes back as it was typed, at every key of the way", () => {
    const whole = "https://{{host}}/users/:id/?page=1&&sort={{by}}&#x";
    let url: unknown = {};
    for (let end = 1; end <= whole.length; end++) {
      url = withAddress(url, whole.slice(0, end));
      expect(addressOf(url)).toBe(whole.slice(0, end));
    }
    for (let end = whole.length; end >= 0; end--) {
      url = withAddress(url, whole.slice(0, end));
      expect(addressOf(url)).toBe(whole.slice(0, end));
    }
  });

  test("of a file whose text and parts disagree is what will be sent", () => {
    expect(addressOf({ raw: "http://old/x", protocol: "http", host: ["new", "example"], path: ["y"] })).toBe(
      "http://new.example/y",
    );
    expect(
      addressOf({ host: ["{{base}}"], path: ["a", { value: "b" }], query: [{ key: "c", value: "1" }] }),
    ).toBe("{{base}}/a/b?c=1");
    expect(addressOf("http://plain")).toBe("http://plain");
  });

  test("keeps descriptions and switched-off parameters while it is typed", () => {
    const url = {
      raw: "http://h/?a=1&c=3",
      host: ["h"],
      protocol: "http",
      path: [""],
      _ours: "kept",
      query: [
        { key: "a", value: "1", description: "first" },
        { key: "b", value: "2", disabled: true },
        { key: "c", value: "3", description: "third" },
      ],
    };
    for (const [text, expected] of [
      ["http://h/?a=10&c=3", ["a=10 (first)", "// b=2", "c=3 (third)"]],
      ["http://h/?c=3", ["// b=2", "c=3 (third)"]],
      ["http://h/?x=0&a=1&c=3", ["x=0", "a=1 (first)", "// b=2", "c=3 (third)"]],
      ["http://h/", ["// b=2"]],
    ] as const) {
      const changed = withAddress(url, text);
      expect(print(queryOf(changed)), text).toEqual(expected);
      expect(changed["_ours"]).toBe("kept");
    }
  });

  test("follows its table of parameters", () => {
    const url = withAddress({}, "{{base}}/get?a=1#part");
    const rows: Row[] = [
      ...queryOf(url),
      { key: "b", value: "{{x}}" },
      { key: "off", value: "", disabled: true },
      { key: "flag", value: null },
    ];
    const changed = withQuery(url, rows);
    expect(addressOf(changed)).toBe("{{base}}/get?a=1&b={{x}}&flag#part");
    expect(print(queryOf(changed))).toEqual(["a=1", "b={{x}}", "// off=", "flag"]);
    expect(addressOf(withQuery(changed, []))).toBe("{{base}}/get#part");
    expect(cellText("a&b={{c&d}}#e", "value")).toBe("a%26b={{c&d}}%23e");
  });

  test("names its path variables, and a renamed one keeps its value", () => {
    let url: unknown = withAddress({}, "{{base}}/users/:id/posts/:post");
    url = {
      ...withAddress(url, addressOf(url)),
      variable: [
        { key: "id", value: "7", description: "who" },
        { key: "post", value: "9" },
      ],
    };
    expect(print(pathVariablesOf(withAddress(url, "{{base}}/users/:user/posts/:post")))).toEqual([
      "user=7 (who)",
      "post=9",
    ]);
    expect(print(pathVariablesOf(withAddress(url, "{{base}}/users/:id")))).toEqual(["id=7 (who)"]);
    expect(print(pathVariablesOf("http://h:80/:a"))).toEqual(["a="]);
  });
});

describe("bulk edit", () => {
  const rows: Row[] = [
    { key: "Accept", value: "text/html", description: "page" },
    { key: "X-Off", value: "1", disabled: true },
    { key: "{{name:x}}", value: "a: b" },
    { key: "file", type: "file", src: "/tmp/a.png" },
  ];
  test("says every line, and untouched lines keep what it does not show", () => {
    expect(bulkText(rows)).toBe("Accept: text/html\n// X-Off: 1\n{{name:x}}: a: b\nfile: ");
    expect(withBulkText(rows, bulkText(rows))).toEqual(rows);
  });
  test("takes lines in and out", () => {
    expect(withBulkText(rows, "New\nAccept: text/plain\nX-Off:1\n\n{{name:x}}: a: b\nfile: ")).toEqual([
      { key: "New", value: "" },
      { key: "Accept", value: "text/plain", description: "page" },
      { key: "X-Off", value: "1" },
      ...rows.slice(2),
    ]);
  });
});

const variable = (name: string, value: string | null): ResolvedVariable => ({
  name,
  value,
  scope: "environment",
  secret: value === null,
  source: "Staging",
  local: false,
  hides: [],
});

describe("variables in a text", () => {
  const variables = [
    variable("base", "https://{{host}}"),
    variable("host", "h.example"),
    variable("token", null),
    variable("loop", "{{loop}}!"),
  ];

  test("are found by their braces", () => {
    expect(pieces("a{{b}}{{ c }}{{}}{d}{{e{f}}").map(({ text, name }) => [text, name])).toEqual([
      ["a", null],
      ["{{b}}", "b"],
      ["{{ c }}", " c "],
      ["{{}}", ""],
      ["{d}{{e{f}}", null],
    ]);
  });

  test("are shown as they would be sent, secrets as dots", () => {
    for (const [text, expected] of [
      ["{{base}}/v1", "https://h.example/v1"],
      ["Bearer {{token}}", "Bearer ••••••"],
      ["{{missing}} {{$guid}}", "{{missing}} {{$guid}}"],
    ] as const)
      expect(preview(text, variables), text).toBe(expected);
    expect(preview("{{loop}}", variables)).toMatch(/^\{\{loop\}\}!+$/);
  });

  test("are what they are: resolved, generated, or missing", () => {
    expect(meaning("host", variables).kind).toBe("variable");
    expect(meaning("$randomInt", variables).kind).toBe("dynamic");
    expect(meaning("$randomint", variables).kind).toBe("missing");
    expect(dynamicVariables.size).toBe(118);
  });

  test("are offered while they are typed", () => {
    expect(typedVariable("{{ba", 4)).toEqual({ from: 0, to: 4, typed: "ba" });
    expect(typedVariable("x{{ba}}/y", 5)).toEqual({ from: 1, to: 7, typed: "ba" });
    expect(typedVariable("{{ba}}/y", 7)).toBeNull();
    expect(typedVariable("{b", 2)).toBeNull();
    expect(suggestions("", variables).map(({ name }) => name)).toEqual(["base", "host", "token", "loop"]);
    expect(
      suggestions("o", variables)
        .map(({ name }) => name)
        .slice(0, 3),
    ).toEqual(["host", "token", "loop"]);
    expect(suggestions("$randomint", variables).map(({ name }) => name)).toEqual(["$randomInt"]);
  });
});

describe("a list of cipher suites", () => {
  test("takes names as OpenSSL and people write them, and nothing else", () => {
    for (const [text, expected] of [
      ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
      [" A:B , C\nA ", "A B C"],
      [
        "TLS_AES_128_GCM_SHA256 HIGH !aNULL @SECLEVEL=0",
        "“@SECLEVEL=0” cannot be the name of a cipher suite.",
      ],
      ["A ; B", "“;” cannot be the name of a cipher suite."],
      ["", ""],
    ] as const) {
      const found = namesIn(text);
      expect(found.ok ? found.names.join(" ") : found.problem, text).toBe(expected);
    }
  });

  test("keeps its order but for the one that is moved", () => {
    expect(movedTo(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
    expect(movedTo(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
  });
});
