import { beforeEach, describe, expect, test } from "vitest";
import { merge, placeName } from "./merge";
import { discardDraft, draftOf, keepDraft, keepDraftsNow } from "./store";

describe("bringing two edits together", () => {
  const base = {
    name: "Get",
    request: {
      method: "GET",
      url: { raw: "http://a" },
      header: [
        { key: "Accept", value: "a" },
        { key: "X", value: "1" },
      ],
      _unknown: { deep: [1, 2] },
    },
    event: [{ listen: "test", script: { exec: ["one"] } }],
  };

  test("what one side changed holds", () => {
    const mine = structuredClone(base);
    mine.request.method = "POST";
    mine.request.header.push({ key: "Mine", value: "m" });
    const theirs = structuredClone(base);
    theirs.request.url.raw = "http://b";
    theirs.request.header = [...theirs.request.header.slice(1), { key: "Theirs", value: "t" }];
    const { document, differences } = merge(base, mine, theirs);
    expect(document).toEqual({
      ...base,
      request: {
        ...base.request,
        method: "POST",
        url: { raw: "http://b" },
        header: [
          { key: "X", value: "1" },
          { key: "Theirs", value: "t" },
          { key: "Mine", value: "m" },
        ],
      },
    });
    expect(differences.map(({ path, by }) => `${placeName(path)}: ${by}`)).toEqual([
      "Method: mine",
      "Address: theirs",
      "Headers › Theirs: theirs",
      "Headers › Accept: theirs",
      "Headers › Mine: mine",
    ]);
  });

  test("what both changed is asked for, and nothing else is", () => {
    const mine = structuredClone(base);
    mine.event = [{ listen: "test", script: { exec: ["mine"] } }];
    const theirs = structuredClone(base);
    theirs.event = [
      { listen: "test", script: { exec: ["theirs"] } },
      { listen: "prerequest", script: { exec: ["new"] } },
    ];
    const asked: string[] = [];
    const { document } = merge(base, mine, theirs, (difference) => {
      asked.push(placeName(difference.path));
      return "theirs";
    });
    expect(asked).toEqual(["Scripts › after the response"]);
    expect(document).toEqual(theirs);
    expect(merge(base, mine, theirs).document["event"]).toEqual([mine.event[0], theirs.event[1]]);
  });

  test("a field that one side took out stays out", () => {
    const { event: _, ...mine } = base;
    expect(merge(base, mine, { ...base, name: "Other" }).document).toEqual({ ...mine, name: "Other" });
  });
});

describe("drafts", () => {
  beforeEach(() => {
    discardDraft("a");
    localStorage.clear();
  });

  test("survive the page, from the first key on", () => {
    keepDraft("a", { version: 3, base: { x: 1 }, document: { x: 2 } });
    expect(localStorage.getItem("bulla.nobody.item-draft.a")).toContain('"x":2');
    keepDraft("a", { version: 3, base: { x: 1 }, document: { x: 3 } });
    expect(draftOf("a")?.document).toEqual({ x: 3 });
    keepDraftsNow();
    expect(localStorage.getItem("bulla.nobody.item-draft.a")).toContain('"x":3');
  });

  test("that say nothing new are forgotten", () => {
    keepDraft("a", { version: 3, base: { x: 1 }, document: { x: 2 } });
    keepDraft("a", { version: 3, base: { x: 1 }, document: { x: 1 } });
    expect(draftOf("a")).toBeNull();
    keepDraftsNow();
    expect(localStorage.getItem("bulla.nobody.item-drafts")).toBe("[]");
  });
});
