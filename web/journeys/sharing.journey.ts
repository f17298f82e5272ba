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
  workspaceMenu,
} from "./bulla";

journey("a workspace becomes public once a Community Manager has approved it", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addPerson(page, url, "Cora Manager", "cora@example.com", /Community/);
  await addPerson(page, url, "Olga Owner", "olga@example.com", /Developer/);

  const olga = await open();
  await signIn(olga, url, { email: "olga@example.com", password: ana.password });
  await newWorkspace(olga, "Partner API", "private");
  const there = olga.url();
  await addSample(olga);
  await workspaceMenu(olga, "Settings and members");
  await olga.getByRole("button", { name: "Change visibility" }).click();
  const dialog = olga.getByRole("dialog", { name: "Change who can open this" });
  await dialog.getByLabel("Who can open it").selectOption("public");
  await dialog.getByText(/secret variables by name/).waitFor();
  await dialog.getByLabel("Why it should be public (optional)").fill("Our partners ask for it");
  await dialog.getByLabel("I have looked at what strangers will see").check();
  await accessible(olga, "what strangers would see");
  await pictured(olga, "visibility");
  await dialog.getByRole("button", { name: "Ask for approval" }).click();
  await olga.getByText(/A Community Manager is asked to make this workspace public/).waitFor();
  await accessible(olga, "a pending request");
  await pictured(olga, "pending");

  const cora = await open();
  await signIn(cora, url, { email: "cora@example.com", password: ana.password });
  await cora.goto(`${url}/team/public`);
  await cora.getByRole("row", { name: /Partner API.*Our partners ask for it.*Olga Owner/ }).waitFor();
  await accessible(cora, "requests to publish");
  await pictured(cora, "publish-requests");
  await cora.getByRole("button", { name: "Respond to Partner API" }).click();
  await cora.getByLabel("What they are told (optional)").fill("Looks fine");
  await accessible(cora, "an answer to a request");
  await pictured(cora, "publish-answer");
  await cora.getByRole("button", { name: "Approve" }).click();
  await cora.getByText("Nothing waits for you").waitFor();

  await olga.goto(`${there}/settings`);
  await olga.getByText("Everyone can open this workspace.", { exact: true }).waitFor();
  await olga.getByRole("button", { name: "Change visibility" }).click();
  await olga.getByRole("button", { name: "Change visibility" }).last().click();
  await olga
    .getByText("Everyone in the team who works in workspaces can open this workspace.", { exact: true })
    .waitFor();
});

journey("a refusal is explained, and access is asked for and given", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addPerson(page, url, "Bo Lund", "bo@example.com", /Developer/);
  await page.goto(url);
  await newWorkspace(page, "Payments", "team");
  const there = page.url();
  await addSample(page);

  // Bo may look, and is told why no more; behind the lock he asks for it.
  const bo = await open();
  await signIn(bo, there, { email: "bo@example.com", password: ana.password });
  await bo.getByRole("treeitem").first().click();
  await bo.getByRole("button", { name: "Why you can’t change this" }).click();
  await bo.getByText(/an owner of the workspace can give you the role editor/).waitFor();
  await accessible(bo, "why a collection is locked");
  await pictured(bo, "lock");
  await bo.getByRole("button", { name: "Ask for access" }).click();
  await bo.getByLabel("Why you need it (optional)").fill("I fix the tests");
  await accessible(bo, "asking for access");
  await pictured(bo, "ask-for-access");
  await bo.getByRole("button", { name: "Send request" }).click();
  await bo.getByText(/Your request is on its way/).waitFor();

  await page.goto(`${there}/settings`);
  await page.getByRole("row", { name: /Bo Lund.*I fix the tests/ }).waitFor();
  await accessible(page, "requests for access");
  await pictured(page, "access-requests");
  await page.getByRole("button", { name: "Approve Bo Lund" }).click();
  await page.getByRole("heading", { name: "Requests for access" }).waitFor({ state: "detached" });
  await bo.reload();
  await bo.getByRole("button", { name: "Share", exact: true }).waitFor();
  await bo.getByRole("button", { name: "Why you can’t change this" }).waitFor({ state: "detached" });

  // Who has what on the collection, and who can see it.
  await bo.getByRole("button", { name: "Share", exact: true }).click();
  const share = bo.getByRole("dialog", { name: /^Share / });
  await share.getByRole("row", { name: /Bo Lund/ }).waitFor();
  await accessible(bo, "sharing a collection");
  await pictured(bo, "share");
  await share.getByRole("button", { name: "Who can see this" }).click();
  await bo
    .getByRole("dialog", { name: "Who can open this" })
    .getByRole("row", { name: /Ana Petrova/ })
    .waitFor();

  // An address of something hidden looks like nothing, and one can ask.
  await newWorkspace(page, "Secret plans", "private");
  await bo.goto(page.url());
  await bo.getByText("There is nothing at this address").waitFor();
  await accessible(bo, "a hidden workspace");
  await pictured(bo, "hidden");
  await bo.getByRole("button", { name: "Ask for access" }).click();
  await bo.getByRole("button", { name: "Send request" }).click();
  await bo.getByText(/Your request is on its way/).waitFor();
});

journey("a collection is moved to another workspace", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addSample(page);
  const from = page.url().split("/").slice(0, 5).join("/");
  await newWorkspace(page, "Payments", "team");
  await page.goto(from);
  await page.getByRole("treeitem").first().click();
  await page
    .getByRole("main")
    .getByRole("button", { name: /^More for / })
    .click();
  await page.getByRole("menuitem", { name: "Move to another workspace" }).click();
  const dialog = page.getByRole("dialog", { name: /^Move / });
  await dialog.getByLabel("To the workspace").selectOption({ label: "Payments" });
  await dialog.getByText(/Everyone in the team who works in workspaces can open it then/).waitFor();
  await accessible(page, "moving a collection");
  await pictured(page, "move");
  await dialog.getByRole("button", { name: "Move", exact: true }).click();
  await page.getByRole("button", { name: /^Workspace: Payments/ }).waitFor();
  await page.getByRole("treeitem").first().waitFor();
  await page.getByRole("button", { name: "Share", exact: true }).waitFor();
});

journey(
  "a secret that one may not see says why, and a role is asked for behind the lock",
  async ({ url, open }) => {
    const page = await open();
    await setUp(page, url);
    await addPerson(page, url, "Bo Lund", "bo@example.com", /Developer/);
    await page.goto(url);
    await newWorkspace(page, "Payments", "team");
    const there = page.url();
    const workspace = there.split("/")[4] ?? "";
    const headers = { "x-bulla-request": "1" };
    const at = `${url}/api/workspaces/${workspace}/environments`;
    const made = await page.request.post(at, { headers, data: { name: "Live" } });
    const { id } = (await made.json()) as { id: string };
    const values = [{ key: "token", type: "secret", enabled: true, value: "canary" }];
    const saved = await page.request.patch(`${url}/api/environments/${id}`, {
      headers,
      data: { version: 1, values },
    });
    assert.equal(saved.status(), 200);

    // That the workspace is open to Bo is not enough to see its secrets.
    const bo = await open();
    await signIn(bo, there, { email: "bo@example.com", password: ana.password });
    await bo.goto(`${there.replace(/\/$/, "")}/environment/${id}`);
    await bo.getByRole("button", { name: /^Why you can’t see / }).click();
    const why = bo.getByRole("dialog", { name: "Why you can’t see this secret" });
    await why.getByText(/an owner of the workspace can give you a role/).waitFor();
    await accessible(bo, "why a secret is hidden");
    await pictured(bo, "reveal-lock");
    await why.getByRole("button", { name: "Ask for access" }).click();
    await bo.getByRole("button", { name: "Send request" }).click();
    await bo.getByText(/Your request is on its way/).waitFor();
    assert.ok(!(await bo.content()).includes("canary"));

    // With the role it opens.
    await page.goto(`${there.replace(/\/$/, "")}/settings`);
    await page.getByRole("button", { name: "Approve Bo Lund" }).click();
    await page.getByRole("heading", { name: "Requests for access" }).waitFor({ state: "detached" });
    await bo.reload();
    await bo.getByRole("button", { name: "Reveal token (this is recorded)" }).click();
    await bo.getByRole("button", { name: "Hide token" }).waitFor();
    const shown = await bo.evaluate(() =>
      [...document.querySelectorAll("input, textarea")].map((field) => (field as HTMLInputElement).value),
    );
    assert.ok(shown.includes("canary"), shown.join());
  },
);
