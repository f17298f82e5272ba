import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { ana, journey } from "./bulla";

/** What has the focus, as a screen reader names it. */
async function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    const active = element?.getAttribute("aria-activedescendant");
    const named = active ? document.getElementById(active) : element;
    return named?.getAttribute("aria-label") ?? named?.textContent?.trim() ?? "";
  });
}

/** Goes to the control with this name by Tab alone. */
async function tabTo(page: Page, name: RegExp) {
  for (let step = 0; step < 80; step++) {
    if (name.test(await focused(page))) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab never came to ${name}; it is at “${await focused(page)}”`);
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
});
