import { describe, expect, test } from "vitest";
import type { Node } from "../api/resources";
import { type Branch, dropPlace, moveByOne, rows } from "./tree";

/** Lines such as `folder users` or `  GET list`, indented by two spaces a level. */
function nodes(text: string): Node[] {
  const path: string[] = [];
  return text
    .split("\n")
    .filter((line) => line.trim())
    .map((line, rank) => {
      const depth = (line.length - line.trimStart().length) / 2;
      const [word = "", name = ""] = line.trim().split(" ");
      path.length = depth;
      path.push(name);
      const kind = word === "folder" || word === "example" ? word : "request";
      return {
        id: name,
        parentId: path[depth - 1] ?? null,
        rank,
        kind,
        name,
        method: kind === "request" ? word : null,
        version: 1,
      } satisfies Node;
    });
}

const shop = nodes(`
folder users
  GET list
    example empty
  POST create
folder orders
  folder open
    GET recent
GET health
`);

function branch(list: Node[] | null): Branch {
  return {
    summary: {
      id: "shop",
      workspaceId: "w",
      name: "Shop",
      version: 1,
      itemCount: list?.length ?? 0,
      updatedAt: "",
    },
    nodes: list,
    problem: null,
  };
}

function print(list: Node[] | null, expanded: string[], filter = "") {
  return rows([branch(list)], new Set(expanded), filter).map((row) => "  ".repeat(row.depth) + row.name);
}

describe("rows", () => {
  test("only what is open is there", () => {
    expect(print(shop, [])).toEqual(["Shop"]);
    expect(print(shop, ["shop", "users"])).toEqual([
      "Shop",
      "  users",
      "    list",
      "    create",
      "  orders",
      "  health",
    ]);
  });

  test("examples hang under their request", () => {
    expect(print(shop, ["shop", "users", "list"])).toContain("      empty");
  });

  test("a filter opens the way to what it finds, and only that", () => {
    expect(print(shop, [], "recent")).toEqual(["Shop", "  orders", "    open", "      recent"]);
    expect(print(shop, [], "get")).toEqual([
      "Shop",
      "  users",
      "    list",
      "  orders",
      "    open",
      "      recent",
      "  health",
    ]);
    expect(print(shop, [], "nothing")).toEqual([]);
  });

  test("a found folder can be opened to see everything in it", () => {
    expect(print(shop, ["users"], "users")).toEqual(["Shop", "  users", "    list", "    create"]);
  });

  test("a collection whose items have not come says so, and so does an empty one", () => {
    expect(print(null, ["shop"])).toEqual(["Shop", "  Loading…"]);
    expect(print([], ["shop"])).toEqual(["Shop", "  Empty: add a request or a folder"]);
  });

  test("fifty thousand requests take less than a second", () => {
    const many: Node[] = Array.from({ length: 50_000 }, (_, rank) => ({
      id: `r${rank}`,
      parentId: null,
      rank,
      kind: "request",
      name: `Request ${rank}`,
      method: "GET",
      version: 1,
    }));
    const started = performance.now();
    expect(rows([branch(many)], new Set(["shop"]), "request 49999")).toHaveLength(2);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("moving by one line", () => {
  const move = (id: string, direction: "up" | "down", expanded: string[]) => {
    const node = shop.find((candidate) => candidate.id === id);
    if (!node) throw new Error(id);
    return moveByOne(shop, node, direction, new Set(expanded));
  };

  test.each([
    ["health", "up", [], { parentId: null, after: "users" }], // past a closed folder
    ["health", "up", ["orders"], { parentId: "orders", after: "open" }], // into an open one, at its end
    ["users", "down", ["orders"], { parentId: "orders", after: null }], // into an open one, at its start
    ["create", "down", ["users"], { parentId: null, after: "users" }], // out of its folder
    ["list", "up", ["users"], { parentId: null, after: null }], // out, before its folder
    ["create", "up", ["users"], { parentId: "users", after: null }], // among siblings
    ["health", "down", [], null], // the end of the collection
    ["empty", "down", [], null], // an example stays with its request
  ] as const)("%s %s with %j open", (id, direction, expanded, place) => {
    expect(move(id, direction, [...expanded])).toEqual(place);
  });
});

describe("dropping", () => {
  const all = rows([branch(shop)], new Set(["shop", "users", "list", "orders", "open"]), "");
  const drop = (id: string, on: string, where: "before" | "inside" | "after") => {
    const node = shop.find((candidate) => candidate.id === id);
    const target = all.find((row) => row.id === on);
    if (!node || !target) throw new Error(`${id} on ${on}`);
    return dropPlace(shop, node, target, where);
  };

  test.each([
    ["health", "users", "inside", { parentId: "users", after: "create" }],
    ["health", "list", "before", { parentId: "users", after: null }],
    ["create", "list", "before", { parentId: "users", after: null }],
    ["health", "users", "before", { parentId: null, after: null }],
    ["list", "shop", "inside", { parentId: null, after: "health" }],
    ["orders", "open", "inside", null], // not into itself
    ["orders", "recent", "after", null],
    ["health", "list", "inside", null], // a request holds no requests
    ["empty", "create", "after", null],
  ] as const)("%s %s: %s", (id, on, where, place) => {
    expect(drop(id, on, where)).toEqual(place);
  });
});
