import { beforeEach, describe, expect, test } from "vitest";
import type { Environment } from "../api/resources";
import { type DraftValue, differs, linesOf, merge, saved } from "./draft";
import { applyMutations, globalsScope, localsFor, localsOf, resetLocals, setLocal } from "./locals";
import { collectionVariables, type Entry, resolve, type ResolvedVariable } from "./resolve";

const entry = (key: string, value: string, more: Partial<Entry> = {}): Entry => ({
  key,
  value,
  type: "default",
  enabled: true,
  ...more,
});

function print(variables: readonly ResolvedVariable[]) {
  return variables.map(
    ({ name, value, scope, local, hides }) =>
      `${name} = ${value ?? "••••"} (${scope}${local ? ", local" : ""}${hides.length ? `, hides ${hides.map((h) => h.scope).join(" ")}` : ""})`,
  );
}

describe("resolving variables", () => {
  test("the narrowest scope wins and says what it hides", () => {
    const variables = resolve([
      { scope: "environment", source: "Staging", values: [entry("base", "https://staging")], locals: {} },
      {
        scope: "collection",
        source: "Shop",
        values: [entry("base", "https://shop"), entry("page", "1")],
        locals: {},
      },
      {
        scope: "globals",
        source: "Globals",
        values: [entry("base", "https://all"), entry("agent", "b")],
        locals: {},
      },
    ]);
    expect(print(variables)).toEqual([
      "agent = b (globals)",
      "base = https://staging (environment, hides collection globals)",
      "page = 1 (collection)",
    ]);
  });

  test.each([
    [
      "a local value replaces the shared one",
      [entry("a", "1")],
      { a: { value: "2", enabled: true } },
      ["a = 2 (environment, local)"],
    ],
    [
      "a variable may be local only",
      [],
      { a: { value: "2", enabled: true } },
      ["a = 2 (environment, local)"],
    ],
    ["one that a script removed is gone", [entry("a", "1")], { a: { value: "", enabled: false } }, []],
    [
      "a disabled one does not exist, whatever is local",
      [entry("a", "1", { enabled: false })],
      { a: { value: "2", enabled: true } },
      [],
    ],
    [
      "the last enabled one of a name wins",
      [entry("a", "1"), entry("a", "2"), entry("a", "3", { enabled: false })],
      {},
      ["a = 2 (environment)"],
    ],
    [
      "a secret stays hidden, local or not",
      [entry("a", "1", { type: "secret", value: null })],
      { a: { value: "2", enabled: true } },
      ["a = •••• (environment, local)"],
    ],
  ])("%s", (_, values, locals, expected) => {
    expect(print(resolve([{ scope: "environment", source: "E", values, locals }]))).toEqual(expected);
  });

  test("a collection's variables are read from its document", () => {
    const document = {
      variable: [
        { key: "a", value: "1" },
        { id: "b", value: 2 },
        { key: "c", value: "3", disabled: true },
        "junk",
      ],
    };
    expect(collectionVariables(document).map(({ key, value, enabled }) => [key, value, enabled])).toEqual([
      ["a", "1", true],
      ["b", "2", true],
      ["c", "3", false],
    ]);
    expect(collectionVariables(undefined)).toEqual([]);
  });
});

describe("local values", () => {
  beforeEach(() => {
    for (const id of ["e", "c", globalsScope("w")]) resetLocals(id);
  });

  test("a Send carries those of its three scopes", () => {
    setLocal("e", "token", "abc");
    setLocal(globalsScope("w"), "agent", "bulla");
    setLocal("other", "token", "no");
    expect(localsFor({ workspaceId: "w", environmentId: "e", collectionId: null })).toEqual({
      environment: [{ key: "token", value: "abc", enabled: true }],
      globals: [{ key: "agent", value: "bulla", enabled: true }],
      collection: [],
    });
  });

  test("scripts change them, and text is what they become", () => {
    const where = { workspaceId: "w", environmentId: "e", collectionId: "c" };
    applyMutations(
      [
        { scope: "environment", op: "set", key: "n", value: 5 },
        { scope: "environment", op: "set", key: "o", value: { a: 1 } },
        { scope: "collection", op: "set", key: "gone", value: "x" },
        { scope: "collection", op: "unset", key: "gone" },
        { scope: "local", op: "set", key: "l", value: "x" },
      ],
      where,
    );
    expect(localsOf("e")).toEqual({
      n: { value: "5", enabled: true },
      o: { value: '{"a":1}', enabled: true },
    });
    expect(localsOf("c")).toEqual({ gone: { value: "", enabled: false } });
  });

  test("an execution without an environment changes none", () => {
    applyMutations([{ scope: "environment", op: "set", key: "a", value: "1" }], {
      workspaceId: "w",
      environmentId: null,
      collectionId: null,
    });
    expect(localsOf("e")).toEqual({});
  });

  test("resetting one makes the shared value count again", () => {
    setLocal("e", "a", "1");
    setLocal("e", "a", undefined);
    expect(localsOf("e")).toEqual({});
  });
});

describe("editing an environment with someone else", () => {
  const value = (id: string, text: string | null, more: Partial<Environment["values"][number]> = {}) => ({
    id,
    key: id,
    type: "default" as const,
    enabled: true,
    description: "",
    value: text,
    hasValue: true,
    unseen: null,
    ...more,
  });
  const environment = (version: number, values: Environment["values"]): Environment => ({
    id: "e",
    workspaceId: "w",
    kind: "environment",
    name: "Staging",
    version,
    role: "editor",
    mayReveal: true,
    values,
  });
  const base = environment(1, [value("a", "1"), value("b", "1"), value("c", "1")]);
  const edit = (changes: Record<string, string | null>, added: string[] = []): DraftValue[] => [
    ...linesOf(base).flatMap((line) => {
      const text = changes[line.key];
      return text === null ? [] : [{ ...line, value: text ?? line.value }];
    }),
    ...added.map((key) => ({
      line: key,
      key,
      type: "default" as const,
      enabled: true,
      description: "",
      value: "new",
    })),
  ];
  const print = (values: readonly DraftValue[]) =>
    values.map((line) => `${line.key}=${line.value ?? "kept"}`).join(" ");

  test.each([
    [
      "different lines",
      edit({ a: "mine" }),
      [value("a", "1"), value("b", "theirs"), value("c", "1")],
      "a=mine b=theirs c=1",
      [],
    ],
    [
      "the same line",
      edit({ a: "mine" }),
      [value("a", "theirs"), value("b", "1"), value("c", "1")],
      "a=mine b=1 c=1",
      ["a"],
    ],
    [
      "the same line to the same value",
      edit({ a: "x" }),
      [value("a", "x"), value("b", "1"), value("c", "1")],
      "a=x b=1 c=1",
      [],
    ],
    ["each added one", edit({}, ["m"]), [...base.values, value("t", "2")], "a=1 b=1 c=1 t=2 m=new", []],
    ["removed here", edit({ b: null }), base.values, "a=1 c=1", []],
    [
      "removed here, changed there",
      edit({ b: null }),
      [value("a", "1"), value("b", "theirs"), value("c", "1")],
      "a=1 b=theirs c=1",
      ["b"],
    ],
    [
      "removed there, changed here",
      edit({ b: "mine" }),
      [value("a", "1"), value("c", "1")],
      "a=1 c=1 b=mine",
      ["b"],
    ],
    ["removed there", edit({ a: "mine" }), [value("a", "1"), value("c", "1")], "a=mine c=1", []],
  ])("%s", (_, values, theirs, expected, both) => {
    const merged = merge({ base, values }, environment(2, theirs));
    expect(print(merged.draft.values)).toBe(expected);
    expect(merged.both).toEqual(both);
    expect(merged.draft.base.version).toBe(2);
  });

  test("a secret that was not touched is not sent", () => {
    const secret = environment(1, [value("token", null, { type: "secret" })]);
    expect(differs(secret, linesOf(secret))).toBe(false);
    expect(saved(linesOf(secret))).toEqual([
      { id: "token", key: "token", type: "secret", enabled: true, description: "" },
    ]);
  });

  test("a line nobody wrote in is no change", () => {
    const blank = { line: "x", key: "", type: "default" as const, enabled: true, description: "", value: "" };
    expect(differs(base, [...linesOf(base), blank])).toBe(false);
    expect(saved([...linesOf(base), blank])).toHaveLength(3);
  });
});
