import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { accessible, ana, journey, pictured, setUp, signIn } from "./bulla";

journey("the audit log is searched, proved and taken away", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await page.goto(`${url}/team`);
  await page.getByRole("button", { name: "Add a person" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Bo Lund");
  await page.getByLabel("Email").fill("bo@example.com");
  await page.getByLabel("First password").fill(ana.password);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("row", { name: /Bo Lund/ }).waitFor();

  await page.getByRole("link", { name: "Audit log" }).click();
  const events = page.getByRole("table", { name: "Events" });
  await events.getByRole("row", { name: /Ana Petrova Person create person Bo Lund/ }).waitFor();
  await accessible(page, "the audit log");
  await pictured(page, "audit");

  // Filters stand in the address, and a view of them has a name.
  await page.getByLabel("Event", { exact: true }).selectOption({ label: "Person create" });
  await page.getByRole("button", { name: "Apply" }).click();
  await events.getByRole("row", { name: /Workspace create/ }).waitFor({ state: "detached" });
  assert.match(page.url(), /action=person\.create/);
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitem", { name: "Save these filters…" }).click();
  await page.getByLabel("Name", { exact: true }).fill("New people");
  await page.getByRole("button", { name: "Save", exact: true }).click();

  // Signed now, and proved by the browser itself.
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Sign now" }).click();
  const checkpoint = await readFile(await (await saved).path(), "utf8");
  assert.match(checkpoint, /^bulla\/audit\//);
  await events.getByRole("button", { name: "Person create" }).click();
  const drawer = page.getByRole("dialog", { name: "Person create" });
  await drawer.getByText(/^Verified in this browser/).waitFor();
  await drawer.getByText("bo@example.com", { exact: true }).waitFor();
  await accessible(page, "an event");
  await pictured(page, "audit-event");
  await drawer.getByRole("button", { name: "Show the proof" }).click();
  await drawer
    .getByText(/bulla\/audit\/.*\+/)
    .first()
    .waitFor();
  await page.keyboard.press("Escape");

  // Taken away as a table.
  await page.getByRole("button", { name: "Export" }).click();
  await accessible(page, "the ways to export");
  const exported = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "As a table (CSV)" }).click();
  const table = await readFile(await (await exported).path(), "utf8");
  assert.match(table, /,person\.create,done,,/);
  assert.doesNotMatch(table, /workspace\.create/);

  // Nothing that fits, and back by the view.
  await page.getByLabel("Outcome").selectOption({ label: "Refused" });
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByRole("heading", { name: "Nothing fits these filters" }).waitFor();
  await accessible(page, "an empty audit log");
  await pictured(page, "audit-empty");
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitemradio", { name: "New people" }).click();
  await events.getByRole("button", { name: "Person create" }).waitFor();

  const other = await open();
  await signIn(other, url, { email: "bo@example.com", password: ana.password });
  await other.goto(`${url}/audit`);
  await other.getByText("The audit log is for administrators of the team.").waitFor();
});
