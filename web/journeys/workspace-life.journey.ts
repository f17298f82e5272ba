import assert from "node:assert/strict";
import {
  accessible,
  addPerson,
  addSample,
  ana,
  journey,
  newWorkspace,
  pictured,
  setUp,
  signIn,
} from "./bulla";

journey("what others change is told to those who watch, and listed", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addPerson(page, url, "Bo Lund", "bo@example.com", /Developer/);
  await page.goto(url);
  await newWorkspace(page, "Payments", "team");
  const there = page.url();
  // Whoever makes a workspace watches it.
  await page.getByRole("button", { name: "Unwatch" }).waitFor();
  await accessible(page, "a workspace that is watched");
  await pictured(page, "watch");

  const bo = await open();
  await signIn(bo, there, { email: "bo@example.com", password: ana.password });
  await bo.getByRole("button", { name: "Watch", exact: true }).click();
  await bo.getByText(/You are told when others change this workspace/).waitFor();
  await addSample(page);
  await bo.goto(`${url}/notifications`);
  await bo.getByText(/Ana Petrova changed the collection .* in the workspace Payments/).waitFor();
  await pictured(bo, "watched");

  // The activity, by kind and by person.
  await bo.goto(`${there}/activity`);
  await bo.getByText(/made the workspace/).waitFor();
  await bo.getByText(/imported the collection/).waitFor();
  await accessible(bo, "the activity of a workspace");
  await pictured(bo, "activity");
  await bo.getByLabel("Show").selectOption("environment");
  await bo.getByText("Nothing like that happened").waitFor();
  await accessible(bo, "an activity with nothing in it");
  await bo.getByLabel("Show").selectOption("");
  await bo.getByRole("button", { name: "Ana Petrova" }).first().click();
  await bo.getByRole("button", { name: "Only Ana Petrova" }).waitFor();
});

journey("a collection is copied into another workspace", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addSample(page);
  const from = page.url().split("/").slice(0, 5).join("/");
  await newWorkspace(page, "Payments", "team");
  const to = page.url();
  await page.goto(from);
  await page.getByRole("treeitem").first().click();
  await page
    .getByRole("main")
    .getByRole("button", { name: /^More for / })
    .click();
  await page.getByRole("menuitem", { name: "Copy to a workspace…" }).click();
  const dialog = page.getByRole("dialog", { name: /^Copy / });
  await dialog.getByLabel("To the workspace").selectOption({ label: "Payments" });
  await accessible(page, "copying a collection");
  await pictured(page, "copy");
  await dialog.getByRole("button", { name: "Copy", exact: true }).click();
  await page.getByRole("button", { name: /^Workspace: Payments/ }).waitFor();
  await page.getByText(/was copied\. Secret values went along/).waitFor();
  assert.ok(page.url().startsWith(to.replace(/\/$/, "")), page.url());
});
