import assert from "node:assert/strict";
import { accessible, ana, journey, moveClock, pictured, setUp, signIn } from "./bulla";

journey("an API key is made, used, revoked by an Admin, and one expires", async ({ url, data, open }) => {
  const page = await open({ permissions: ["clipboard-read", "clipboard-write"] });
  await setUp(page, url);
  await page.goto(`${url}/account/api-keys`);
  await page.getByRole("heading", { name: "You have no API keys" }).waitFor();
  await accessible(page, "no API keys");
  await pictured(page, "api-keys-none");

  const make = async (name: string, ends: string) => {
    await page.getByRole("button", { name: "Generate API key" }).click();
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("Ends after").selectOption(ends);
    await accessible(page, "a new API key");
    await page.getByRole("button", { name: "Generate", exact: true }).click();
    const value = await page.getByRole("textbox", { name: "Key", exact: true }).inputValue();
    await page.getByRole("button", { name: "Copy key" }).click();
    await page.getByText("The key is copied.").waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), value);
    await accessible(page, "a key that was just made");
    await pictured(page, "api-key-made");
    await page.getByRole("button", { name: "Done" }).click();
    assert.equal((await page.content()).includes(value.slice(-34)), false, "the key has left the page");
    return value;
  };
  const me = async (key: string) => {
    const answer = await fetch(`${url}/me`, { headers: { "x-api-key": key } });
    return { status: answer.status, body: (await answer.json()) as { user?: { email: string } } };
  };
  const pipeline = await make("Pipeline", "Never");
  const month = await make("For a month", "30 days");
  assert.equal((await me(pipeline)).body.user?.email, ana.email);
  assert.equal((await me(month)).status, 200);
  await page
    .getByRole("row", { name: /For a month/ })
    .getByText("Active")
    .waitFor();
  await pictured(page, "api-keys");

  // Whoever found the key asks whose it is, and takes it back.
  await page.goto(`${url}/team`);
  await page.getByRole("link", { name: "Manage API keys" }).click();
  await page.getByRole("row", { name: /Pipeline.*Ana Petrova/ }).waitFor();
  await page.getByLabel("Whose key is this?").fill(pipeline);
  await page.getByRole("button", { name: "Find", exact: true }).click();
  await page.getByText(`It is Pipeline of ${ana.name}: Active.`).waitFor();
  await accessible(page, "the keys of the team");
  await pictured(page, "api-keys-team");
  await page.getByRole("button", { name: `Revoke Pipeline of ${ana.name}` }).click();
  await page.getByRole("button", { name: "Revoke key" }).click();
  // Behind a dialog no row is there, whatever became of it.
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("row", { name: /Pipeline/ }).waitFor({ state: "detached" });
  assert.equal((await me(pipeline)).status, 401);
  await page.getByLabel("Status").selectOption("Expired and revoked");
  await page.getByRole("row", { name: /Pipeline.*Revoked by an Admin/ }).waitFor();

  // A month later.
  await moveClock(data, 31);
  assert.equal((await me(month)).status, 401);
  const later = await open();
  await signIn(later, url);
  await later.goto(`${url}/account/api-keys`);
  await later.getByRole("row", { name: /For a month.*Expired/ }).waitFor();
  await accessible(later, "keys that have ended");

  // From now on the team wants keys that end, and only Admins make them.
  await later.goto(`${url}/team/api-keys`);
  await later.getByLabel("Everybody may make API keys").uncheck();
  await later.getByLabel("Every key ends after").selectOption("90 days");
  await later.getByRole("button", { name: "Save" }).click();
  await later.getByText("What the team says of API keys is saved.").waitFor();
  await later.goto(`${url}/account/api-keys`);
  await later.getByText(/Your team says that a key ends 90 days after it was made/).waitFor();

  // Many at once: those that are chosen, and those that fit.
  const program = later.context();
  for (const name of ["Old", "Older"]) {
    const made = await program.request.post(`${url}/api/account/api-keys`, {
      headers: { "x-bulla-request": "1" },
      data: { name },
    });
    assert.equal(made.status(), 201);
  }
  await later.goto(`${url}/team/api-keys`);
  await later.getByLabel(`Choose Old of ${ana.name}`, { exact: true }).check();
  await accessible(later, "keys that are chosen");
  await pictured(later, "api-keys-chosen");
  await later.getByRole("button", { name: "Revoke the 1 chosen" }).click();
  await later.getByRole("button", { name: "Revoke", exact: true }).last().click();
  await later.getByRole("heading", { name: "1 API key is revoked" }).waitFor();
  await later.getByRole("button", { name: "Done" }).click();
  await later.getByRole("button", { name: "Revoke all that fit" }).click();
  const fitting = later.getByRole("dialog", { name: "Revoke all API keys that fit" });
  await fitting.getByLabel("Made by").selectOption(ana.name);
  await accessible(later, "revoking all keys that fit");
  await pictured(later, "api-keys-fitting");
  await fitting.getByRole("button", { name: "Revoke", exact: true }).click();
  await later.getByRole("heading", { name: "1 API key is revoked" }).waitFor();
  await later.getByRole("button", { name: "Done" }).click();
  await later.getByText("Nobody has a key that can be used.").waitFor();
});
