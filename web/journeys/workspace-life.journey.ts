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
  // Of one collection alone, from its menu.
  await bo.getByRole("treeitem").first().click({ button: "right" });
  await bo.getByRole("menuitem", { name: "Activity" }).click();
  await bo.getByRole("heading", { name: /^Activity of / }).waitFor();
  // The tab before it waits behind it with what is in it.
  const line = (text: RegExp) => bo.getByText(text).filter({ visible: true });
  await line(/imported the collection/).waitFor();
  await line(/made the workspace/).waitFor({ state: "detached" });
  await accessible(bo, "the activity of a collection");
  await pictured(bo, "activity-of-one");
  await bo.getByRole("button", { name: "All of the workspace" }).click();
  await line(/made the workspace/).waitFor();
  await bo.getByRole("button", { name: "Ana Petrova" }).filter({ visible: true }).first().click();
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

journey("a link lets people read a collection until it is deleted", async ({ url, open }) => {
  const page = await open({ permissions: ["clipboard-read", "clipboard-write"] });
  await setUp(page, url);
  await addPerson(page, url, "Bo Lund", "bo@example.com", /Developer/);
  await page.goto(url);
  await newWorkspace(page, "Payments", "private");
  await addSample(page);
  await page.getByRole("treeitem").first().click();
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const share = page.getByRole("dialog", { name: /^Share / });
  await share.getByText("There is no such link.").waitFor();
  await share.getByRole("button", { name: "New link" }).click();
  await page.getByRole("dialog", { name: "New link to read it" }).waitFor();
  await accessible(page, "a new link");
  await pictured(page, "new-share-link");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await page.getByLabel("Link", { exact: true }).inputValue();
  assert.match(link, /\/shared#.+/);
  await page.getByRole("dialog", { name: "Your link" }).getByRole("button", { name: "Done" }).click();
  await share.getByRole("cell", { name: "Never" }).waitFor();
  await accessible(page, "the links of a collection");
  await pictured(page, "share-links");

  // Bo has no role in the private workspace, and reads by the link alone.
  const bo = await open();
  await bo.goto(link);
  await bo.getByText("Sign in to read this").waitFor();
  assert.ok(!bo.url().includes("#"), bo.url());
  await bo.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await bo.getByLabel("Email").fill("bo@example.com");
  await bo.getByLabel("Password").fill(ana.password);
  await bo.getByRole("button", { name: "Sign in" }).click();
  await bo.getByText(`Shared by ${ana.team} until`).waitFor();
  await bo.getByRole("treeitem").nth(1).waitFor();
  await accessible(bo, "a shared collection");
  await pictured(bo, "shared");

  // Admins see the links of the whole team.
  const admin = await page.context().newPage();
  await admin.goto(`${url}/team`);
  await admin.getByRole("link", { name: "Share links" }).click();
  await admin.getByRole("row", { name: /Payments The team Ana Petrova .* 1 time/ }).waitFor();
  await accessible(admin, "the share links of a team");
  await pictured(admin, "team-share-links");

  await page.reload();
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.getByRole("cell", { name: /^1 time/ }).waitFor();
  await share.getByRole("button", { name: "New link" }).click();
  await page.getByRole("button", { name: "Make the link" }).click();
  await page.getByRole("dialog", { name: "Your link" }).getByRole("button", { name: "Done" }).click();
  await share.getByRole("cell", { name: "Never" }).waitFor();
  await page
    .getByRole("button", { name: /^Delete the link of Ana Petrova/ })
    .first()
    .click();
  await share.getByRole("cell", { name: "Never" }).waitFor({ state: "detached" });
  await share.getByRole("cell", { name: /^1 time/ }).waitFor();
  await admin.getByRole("button", { name: /^Delete the link to / }).click();
  await admin.getByText("There is no share link").waitFor();
  await bo.goto(`${url}/shared`);
  await bo.goto(link);
  await bo.getByText("There is nothing at this address").waitFor();
});
