import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { addSample, ana, journey, setUp } from "./bulla";

/** What has the focus, as a screen reader names it. */
async function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    const active = element?.getAttribute("aria-activedescendant");
    const named = active ? document.getElementById(active) : element;
    return named?.getAttribute("aria-label") ?? named?.textContent?.trim() ?? "";
  });
}

/** Goes to the control with this name, and within `inside` if that is said, by Tab alone. */
async function tabTo(page: Page, name: RegExp, inside?: Locator) {
  for (let step = 0; step < 150; step++) {
    const there = !inside || (await inside.evaluate((part) => part.contains(document.activeElement)));
    if (there && name.test(await focused(page))) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab never came to ${name}; it is at “${await focused(page)}”`);
}

/** Goes down to the line with this name. */
async function downTo(page: Page, name: RegExp) {
  for (let step = 0; step < 40 && !name.test(await focused(page)); step++)
    await page.keyboard.press("ArrowDown");
  assert.match(await focused(page), name);
}

journey("the whole story without a mouse", async ({ url, open }) => {
  const page = await open();
  const keys = async (...list: string[]) => {
    for (const key of list) await page.keyboard.press(key);
  };

  // The first account: the first field has the focus, Enter sends the form.
  await page.goto(url);
  await page.getByLabel("Your name").waitFor();
  await page.keyboard.type(ana.name);
  for (const text of [ana.email, ana.password, ana.team]) {
    await keys("Tab");
    await page.keyboard.type(text);
  }
  await keys("Enter");
  await page.getByRole("navigation", { name: "Sections" }).waitFor();

  // The sample, by the search for everything.
  await tabTo(page, /^Add the sample/);
  await keys("Enter");
  const tree = page.getByRole("tree", { name: "Collections" });
  await tree.waitFor();

  // A collection and an environment from files, and the environment chosen.
  // The browser must know long before the key that the dialog for files is ours to answer.
  const chosen = page.waitForEvent("filechooser");
  await tabTo(page, /^Import$/);
  await keys("Enter");
  await page.getByRole("dialog", { name: "Import" }).waitFor();
  await tabTo(page, /^choose files$/);
  await keys("Enter");
  await (
    await chosen
  ).setFiles(
    Object.entries(files).map(([name, file]) => ({
      name,
      mimeType: "application/json",
      buffer: Buffer.from(JSON.stringify(file)),
    })),
  );
  await page.getByText("Kept", { exact: true }).nth(1).waitFor();
  await keys("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await tree.getByRole("treeitem", { name: "Zoo" }).waitFor();
  await tabTo(page, /^Environment:/);
  await keys("Enter");
  await page.getByRole("combobox", { name: "Find an environment" }).waitFor();
  await page.keyboard.type("Stag");
  await page.getByRole("option", { name: /Staging/ }).waitFor();
  await keys("Enter");
  await page.getByRole("button", { name: "Environment: Staging" }).waitFor();
  // The list that closes gives the focus back to its button a moment later.
  await page.waitForFunction(() => /^Environment: /.test(document.activeElement?.textContent ?? ""));

  // The tree: open, go by first letters, rename in place, move, undo by moving back.
  await keys("Alt+l");
  await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "tree");
  await keys("Home");
  const collection = await focused(page);
  assert.notEqual(collection, "");
  await keys("F2");
  await page.getByRole("textbox", { name: `Name of ${collection}` }).waitFor();
  await page.keyboard.type("Tour");
  await keys("Enter");
  await tree.getByRole("treeitem", { name: "Tour" }).waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "tree");

  // A new folder by the menu of the collection, named at once.
  await keys("Shift+F10");
  await page.getByRole("menuitem", { name: "Add folder" }).waitFor();
  while (!/^Add folder/.test(await focused(page))) await keys("ArrowDown");
  await keys("Enter");
  await page.getByRole("textbox", { name: "Name of New folder" }).waitFor();
  await page.keyboard.type("Mine");
  await keys("Enter");
  await tree.getByRole("treeitem", { name: "Mine" }).waitFor();
  await keys("Alt+l");
  await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "tree");
  await page.keyboard.type("Mine");
  assert.equal(await focused(page), "Mine");
  const before = await tree.getByRole("treeitem", { name: "Mine" }).getAttribute("aria-posinset");
  await keys("Alt+ArrowUp");
  await page.waitForFunction(
    (old) =>
      document.querySelector('[role="treeitem"][aria-label="Mine"]')?.getAttribute("aria-posinset") !== old,
    before,
  );

  // Delete it, after being asked.
  await keys("Delete");
  await page.getByRole("dialog", { name: "Delete this folder?" }).waitFor();
  await keys("Enter");
  await tree.getByRole("treeitem", { name: "Mine" }).waitFor({ state: "detached" });
  await page.getByRole("dialog").waitFor({ state: "detached" });

  // A new request gets a tab; it closes and opens again.
  await keys("Alt+n");
  await page
    .getByRole("textbox", { name: "Name of New request" })
    .or(page.getByRole("link", { name: /New request/ }))
    .first()
    .waitFor();
  await keys("Escape");
  const tabs = page.getByRole("navigation", { name: "Open tabs" });
  await tabs.getByRole("link", { name: /New request/ }).waitFor();
  await keys("Alt+w");
  await tabs.getByRole("link", { name: /New request/ }).waitFor({ state: "detached" });
  await keys("Alt+Shift+T");
  await tabs.getByRole("link", { name: /New request/ }).waitFor();

  // An environment by the search, and a variable in it.
  await keys("Control+k");
  await page.getByRole("combobox", { name: /^Search/ }).waitFor();
  await page.keyboard.type("globals");
  await keys("Enter");
  await page.getByRole("heading", { name: "Globals" }).waitFor();
  await tabTo(page, /^Name of a new variable$/);
  await page.keyboard.type("region");
  await keys("Tab", "Tab");
  await page.keyboard.type("eu");
  await keys("Control+s");
  await page.getByText("Globals saved").waitFor();

  await page.reload();
  await page.getByRole("heading", { name: "Globals" }).waitFor();
  assert.equal(await page.getByLabel("Shared value of region").inputValue(), "eu");
  await tabs.getByRole("link", { name: /New request/ }).waitFor();

  // A request of the sample: open, send, read the tests.
  await keys("Alt+l");
  await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "tree");
  await keys("Home");
  await downTo(page, /First steps/);
  // Opens a closed folder, and goes into an open one.
  await keys("ArrowRight");
  await downTo(page, /Say hello/);
  await keys("Enter");
  await page.getByRole("button", { name: /^Request name: Say hello/ }).waitFor();
  await keys("Control+Enter");
  const response = page.getByRole("region", { name: "Response" });
  await response.getByText("200 OK", { exact: true }).waitFor();
  await tabTo(page, /^Body$/, response);
  while (!/^Tests/.test(await focused(page))) await keys("ArrowRight");
  await keys("Enter");
  await response.getByText("the status is 200").waitFor();

  // Edit and save it; the edit is sent as well.
  await tabTo(page, /^Address$/);
  await keys("End");
  await page.keyboard.type("&from=keys");
  await keys("Control+Enter");
  await response.getByText("200 OK", { exact: true }).waitFor();
  await keys("Control+s");
  await page.getByRole("button", { name: "Save", exact: true }).and(page.locator(":disabled")).waitFor();

  // The whole collection, by the menu of the tree.
  await keys("Alt+l");
  await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "tree");
  await keys("Home", "Shift+F10");
  await page.getByRole("menuitem", { name: "Run" }).waitFor();
  while (!/^Run/.test(await focused(page))) await keys("ArrowDown");
  await keys("Enter");
  await page.getByRole("heading", { name: "Run Tour" }).waitFor();
  await tabTo(page, /^Run \d+ requests/);
  await keys("Enter");
  await page.getByRole("button", { name: "Run again" }).waitFor();
  await tabTo(page, /Say hello/, page.getByRole("list", { name: "Results" }));
  await keys("Enter");
  await page.getByRole("region", { name: "Detail of Say hello" }).waitFor();

  // The history, by the section's button.
  await tabTo(page, /^History$/);
  await keys("Enter");
  const history = page.getByRole("region", { name: "History", exact: true });
  await history.getByText("Run of Tour").waitFor();
  await tabTo(page, /from=keys/, history);
  await keys("Enter");
  await page.getByRole("button", { name: /^Request name: Say hello/ }).waitFor();
  const there = page.url();

  // Tomorrow, on another machine.
  const elsewhere = await open();
  await elsewhere.goto(there);
  await elsewhere.getByRole("heading", { name: "Sign in" }).waitFor();
  await elsewhere.keyboard.type(ana.email);
  await elsewhere.keyboard.press("Tab");
  await elsewhere.keyboard.type(ana.password);
  await elsewhere.keyboard.press("Enter");
  await elsewhere.getByRole("button", { name: /^Request name: Say hello/ }).waitFor();
  const address = elsewhere.getByRole("combobox", { name: "Address" });
  assert.match(await address.inputValue(), /from=keys$/);
});

journey("the key for the list waits for a list that is still loading", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addSample(page);
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  const asked = page.waitForRequest(/\/api\/workspaces\/[^/]+\/collections$/);
  await page.route(/\/api\/workspaces\/[^/]+\/collections$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.reload();
  await asked;
  await page.getByText("Loading collections").waitFor();
  await page.keyboard.press("Alt+l");
  answer();
  await page.getByRole("tree", { name: "Collections" }).waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "tree");
});

/** What is imported. */
const files = {
  "zoo.postman_collection.json": {
    info: { name: "Zoo", schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
    item: [{ name: "Animals", request: { method: "GET", url: "{{base}}/animals" } }],
  },
  "staging.postman_environment.json": {
    name: "Staging",
    values: [{ key: "base", value: "http://127.0.0.1:1", type: "default", enabled: true }],
    _postman_variable_scope: "environment",
  },
};
