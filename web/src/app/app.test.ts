import { describe, expect, test } from "vitest";
import { score } from "./matching";
import { closed, moved, neighbour, opened, type Strip } from "./tabs";
import { pathOf, type Target, targetOf } from "./target";

const request = (id: string): Target => ({ kind: "request", id });
const print = (strip: Strip) =>
  strip.tabs.map((tab) => pathOf(tab.target).replace("request/", "") + (tab.keeps ? "" : "?")).join(" ");
const empty: Strip = { tabs: [], closed: [] };

describe("addresses", () => {
  test.each([
    "request/1",
    "folder/1",
    "example/1",
    "collection/1",
    "environment/1",
    "runner/1",
    "runner/1/2",
    "globals",
    "settings",
    "activity",
  ])("%s names a tab", (path) => {
    const target = targetOf(path);
    expect(target && pathOf(target)).toBe(path);
  });

  test.each(["", "request", "request/", "request/1/2", "globals/1", "nothing/1", "runner/1/2/3"])(
    "%j names none",
    (path) => {
      expect(targetOf(path)).toBeNull();
    },
  );
});

describe("the row of tabs", () => {
  test("what one looks at shares one tab until it is kept", () => {
    let strip = opened(empty, request("a"), false);
    strip = opened(strip, request("b"), false);
    expect(print(strip)).toBe("b?");
    strip = opened(strip, request("b"), true);
    strip = opened(strip, request("c"), false);
    expect(print(strip)).toBe("b c?");
    expect(opened(strip, request("b"), false)).toBe(strip);
  });

  test("a closed tab can be opened again, the last one first", () => {
    let strip = ["a", "b", "c"].reduce((row, id) => opened(row, request(id), true), empty);
    strip = closed(strip, (tab) => pathOf(tab.target) === "request/b");
    strip = closed(strip, (tab) => pathOf(tab.target) === "request/a");
    expect(print(strip)).toBe("c");
    expect(strip.closed.map(pathOf)).toEqual(["request/a", "request/b"]);
  });

  test("the neighbour of a closed tab is shown", () => {
    const strip = ["a", "b", "c"].reduce((row, id) => opened(row, request(id), true), empty);
    expect(neighbour(strip, request("b"))).toEqual(request("c"));
    expect(neighbour(strip, request("c"))).toEqual(request("b"));
    expect(neighbour(opened(empty, request("a"), true), request("a"))).toBeNull();
  });

  test("a tab moves in the row", () => {
    const strip = ["a", "b", "c"].reduce((row, id) => opened(row, request(id), true), empty);
    expect(print(moved(strip, request("a"), 2))).toBe("b c a");
    expect(print(moved(strip, request("c"), 0))).toBe("c a b");
  });
});

describe("finding by some letters", () => {
  const best = (query: string, ...texts: string[]) =>
    texts
      .map((text) => ({ text, points: score(text, query) }))
      .filter(({ points }) => points > 0)
      .sort((a, b) => b.points - a.points)
      .map(({ text }) => text);

  test.each([
    ["user", ["List superusers", "User list", "Orders"], ["User list", "List superusers"]],
    ["cu", ["Create user", "Documents"], ["Create user", "Documents"]],
    ["get user", ["GET user", "POST user"], ["GET user"]],
    ["zz", ["Create user"], []],
  ])("%s", (query, texts, expected) => {
    expect(best(query, ...texts)).toEqual(expected);
  });
});
