import { describe, expect, test } from "vitest";
import { authValue, withAuthType, withAuthValue } from "./auth";
import { mergeDocuments } from "./draft";
import { descriptionOf, scriptOf, variablesOf, withDescription, withScript } from "./fields";

describe("a collection's document", () => {
  test("a script is read and written without touching what is beside it", () => {
    const document = {
      event: [
        { listen: "test", id: "7", script: { exec: ["a", "b"], packages: {} } },
        { listen: "prerequest", script: { exec: "c" } },
      ],
    };
    expect(scriptOf(document, "test")).toBe("a\nb");
    expect(scriptOf(document, "prerequest")).toBe("c");
    expect(withScript(document, "test", "x").event).toEqual([
      { listen: "test", id: "7", script: { type: "text/javascript", exec: ["x"], packages: {} } },
      { listen: "prerequest", script: { exec: "c" } },
    ]);
  });

  test("an empty script leaves no trace", () => {
    expect(withScript({ event: [{ listen: "test", script: { exec: ["a"] } }] }, "test", "")).toEqual({});
  });

  test("a description keeps its form", () => {
    expect(descriptionOf({ content: "a", type: "text/markdown" })).toBe("a");
    expect(withDescription({ content: "a", type: "text/markdown" }, "b")).toEqual({
      content: "b",
      type: "text/markdown",
    });
    expect(withDescription(undefined, "b")).toBe("b");
  });

  test("variables keep what the table does not show", () => {
    expect(
      variablesOf({
        variable: [
          { key: "a", value: "1", type: "string" },
          { id: "old", value: 2 },
        ],
      }),
    ).toEqual([
      { key: "a", value: "1", type: "string" },
      { id: "old", key: "old", value: 2 },
    ]);
  });
});

describe("how requests sign in", () => {
  test.each([
    [
      "the list of format 2.1",
      { type: "basic", basic: [{ key: "username", value: "ana", type: "string" }] },
      [{ key: "username", value: "ben", type: "string" }],
    ],
    [
      "the object of format 2.0",
      { type: "basic", basic: { username: "ana", x: 1 } },
      { username: "ben", x: 1 },
    ],
    ["nothing yet", { type: "basic" }, [{ key: "username", value: "ben", type: "string" }]],
  ])("%s keeps its form", (_, auth, basic) => {
    const document = withAuthValue({ auth }, "username", "ben");
    expect(document).toEqual({ auth: { type: "basic", basic } });
    expect(authValue(document, "username")).toBe("ben");
  });

  test("another type keeps what was typed for the old one; none takes all of it out", () => {
    const auth = { type: "bearer", bearer: [{ key: "token", value: "t", type: "string" }] };
    expect(withAuthType({ auth }, "basic")).toEqual({ auth: { ...auth, type: "basic" } });
    expect(withAuthType({ auth }, "inherit")).toEqual({});
  });
});

describe("two people editing one document", () => {
  test.each([
    ["different fields", { a: 1, b: 1 }, { a: 2, b: 1 }, { a: 1, b: 3 }, { a: 2, b: 3 }, []],
    ["the same field", { a: 1 }, { a: 2 }, { a: 3 }, { a: 2 }, ["a"]],
    ["the same change", { a: 1 }, { a: 2 }, { a: 2 }, { a: 2 }, []],
    ["a field taken out here", { a: 1, b: 1 }, { b: 1 }, { a: 1, b: 2 }, { b: 2 }, []],
    ["a field they added", { a: 1 }, { a: 2 }, { a: 1, n: 1 }, { a: 2, n: 1 }, []],
  ])("%s", (_, base, mine, theirs, document, both) => {
    expect(mergeDocuments(base, mine, theirs)).toEqual({ document, both });
  });
});
