import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { accessible, ana, journey, pictured, setUp, signIn } from "./bulla";

const bo = { name: "Bo Lund", email: "bo@example.com", password: "a kettle under seven moons" };

async function openMenu(page: Page) {
  await page.getByRole("button", { name: /^Account/ }).click();
}

/** Waits until the menu says that one is in this team. */
async function inTeam(page: Page, team: string) {
  await openMenu(page);
  await page.getByText(new RegExp(`· ${team}$`)).waitFor();
  await page.keyboard.press("Escape");
}

journey("two teams: made, invited into, and gone between", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await page.goto(`${url}/team`);
  await page.getByRole("button", { name: "Add a person" }).click();
  await page.getByLabel("Name", { exact: true }).fill(bo.name);
  await page.getByLabel("Email").fill(bo.email);
  await page.getByLabel("First password").fill(bo.password);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("row", { name: /Bo Lund/ }).waitFor();

  // A second team, and the way back.
  await openMenu(page);
  await page.getByRole("menuitem", { name: "New team" }).click();
  const dialog = page.getByRole("dialog", { name: "New team" });
  await dialog.getByLabel("Name of the team").fill("Skunkworks");
  await accessible(page, "the dialog of a new team");
  await pictured(page, "new-team");
  await dialog.getByRole("button", { name: "Create and go there" }).click();
  await page.getByRole("navigation", { name: "Sections" }).waitFor();
  await inTeam(page, "Skunkworks");
  await openMenu(page);
  await page.getByRole("menuitemradio", { name: "Skunkworks", checked: true }).waitFor();
  await accessible(page, "the switcher of teams");
  await pictured(page, "team-switcher");
  await page.keyboard.press("Escape");
  await page.goto(`${url}/team`);
  await page.getByRole("row", { name: new RegExp(ana.name) }).waitFor();
  assert.equal(await page.getByRole("row", { name: /Bo Lund/ }).count(), 0, "the people of the other team");
  await page.getByRole("link", { name: "Manage API keys" }).waitFor();
  assert.equal(
    await page.getByRole("button", { name: "Add a person" }).count(),
    0,
    "people come here by an invite",
  );

  // Bo is invited with the account that he has, and is asked for nothing more.
  await page.goto(`${url}/team/invites`);
  await page.getByRole("button", { name: "Invite people" }).click();
  await page.getByLabel("Email addresses").fill(bo.email);
  await page.getByRole("button", { name: /^Send/ }).click();
  await page.getByRole("row", { name: /bo@example.com Invited/ }).waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await page.goto(`${url}/team/outbox`);
  await page.getByRole("button", { name: `Open the mail to ${bo.email}` }).click();
  const link = (await page.getByRole("dialog").locator("pre").innerText()).match(/http\S+#\S+/)?.[0] ?? "";
  const his = await open();
  await signIn(his, url, bo);
  const second = await his.context().newPage();
  await second.goto(url);
  await second.getByRole("navigation", { name: "Sections" }).waitFor();
  await his.goto(link);
  await his.getByText(/You are signed in with this account/).waitFor();
  await accessible(his, "the invitation of somebody who is signed in");
  await pictured(his, "invite-signed-in");
  await his.getByRole("button", { name: "Join the team" }).click();
  await his.getByRole("navigation", { name: "Sections" }).waitFor();
  await inTeam(his, "Skunkworks");

  // To and fro from the menu; another window of the browser follows.
  await openMenu(his);
  await his.getByRole("menuitemradio", { name: ana.team }).click();
  await his.waitForURL(/\/w\//);
  await inTeam(his, ana.team);
  await inTeam(second, ana.team);

  // An Admin of the other team ends his sessions there: he comes back once he has confirmed that it is him.
  const boId = await his.evaluate(
    async () => (await (await fetch("/api/session")).json()).person.id as string,
  );
  const ended = await page.request.delete(`${url}/api/people/${boId}/sessions`, {
    headers: { "x-bulla-request": "1" },
  });
  assert.equal(ended.status(), 204);
  await openMenu(his);
  await his.getByRole("menuitemradio", { name: "Skunkworks" }).click();
  const confirm = his.getByRole("dialog", { name: "Confirm that it is you" });
  await confirm.getByLabel("Password").fill(bo.password);
  await accessible(his, "a confirmation before one goes to a team");
  await pictured(his, "team-confirm");
  await confirm.getByRole("button", { name: "Confirm" }).click();
  await his.waitForURL(/\/w\//);
  await inTeam(his, "Skunkworks");
  await openMenu(his);
  await his.getByRole("menuitemradio", { name: ana.team }).click();
  await his.waitForURL(/\/w\//);
  await inTeam(his, ana.team);

  // Where he is signed in says in which team.
  await his.goto(`${url}/account`);
  await his.getByRole("row", { name: new RegExp(`Chrome.*${ana.team}.*This one`) }).waitFor();
  await accessible(his, "the account of somebody with two teams");
  await pictured(his, "account-teams");
});
