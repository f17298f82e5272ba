import assert from "node:assert/strict";
import { Secret, TOTP } from "otpauth";
import type { Page } from "playwright-core";
import { accessible, ana, enterWorkspace, journey, pictured, setUp, signIn } from "./bulla";

const another = "a kettle under seven moons";

/** Fills in the first step of a sign-in. */
async function typePassword(page: Page, url: string, who: { email: string; password: string } = ana) {
  await page.goto(url);
  await page.getByLabel("Email").fill(who.email);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Sets an authenticator app up in the dialog that is open, and returns it with the recovery codes. */
async function setUpApp(page: Page): Promise<{ app: TOTP; codes: string[] }> {
  const dialog = page.getByRole("dialog", { name: "Set up an authenticator app" });
  await dialog.getByRole("img", { name: /QR code/ }).waitFor();
  await accessible(page, "the set-up of an authenticator app");
  await pictured(page, "totp-set-up");
  const secret = (await dialog.locator("code").innerText()).replace(/\s/g, "");
  const app = new TOTP({ secret: Secret.fromBase32(secret) });
  await dialog.getByLabel("Code that the app shows").fill("000000");
  await dialog.getByRole("button", { name: "Finish" }).click();
  await dialog.getByText(/this code is wrong/).waitFor();
  // The code before the present one: the present one is for the next sign-in.
  await dialog.getByLabel("Code that the app shows").fill(app.generate({ timestamp: Date.now() - 30_000 }));
  await dialog.getByRole("button", { name: "Finish" }).click();
  const kept = page.getByRole("dialog", { name: "Keep your recovery codes" });
  await kept.waitFor();
  await accessible(page, "recovery codes");
  await pictured(page, "recovery-codes");
  const codes = await kept.getByRole("listitem").allInnerTexts();
  assert.equal(codes.length, 10);
  await kept.getByRole("button", { name: "I have kept them" }).click();
  return { app, codes };
}

journey("a forgotten password is replaced by a link that works once", async ({ url, open }) => {
  const admin = await open();
  await setUp(admin, url);

  const page = await open();
  await page.goto(url);
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByLabel("Email").fill(ana.email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByText(/a link is on its way/).waitFor();
  await accessible(page, "the page for a forgotten password");
  await pictured(page, "forgot-password");

  // No mail server here: a Super Admin passes the mail on.
  await admin.goto(`${url}/team`);
  await admin.getByRole("link", { name: "Outbox" }).click();
  await admin.getByText(/has no mail server/).waitFor();
  await accessible(admin, "the outbox");
  await pictured(admin, "outbox");
  await admin.getByRole("button", { name: `Open the mail to ${ana.email}` }).click();
  const mail = admin.getByRole("dialog", { name: "Choose a new password" });
  const link = (await mail.locator("pre").innerText()).match(/http\S+#\S+/)?.[0] ?? "";
  await accessible(admin, "a mail of the outbox");
  await pictured(admin, "outbox-mail");

  await page.goto(link);
  await page.getByLabel("New password").fill("password1");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText(/guessed first/).waitFor();
  assert.equal(new URL(page.url()).hash, "", "what lets somebody in does not stay in the address");
  await accessible(page, "the page for a new password");
  await pictured(page, "reset-password");
  await page.getByLabel("New password").fill(another);
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByRole("heading", { name: "Your password is changed" }).waitFor();

  // Everybody is signed out, the link is over, and the new password is right.
  await admin.reload();
  await admin.getByRole("heading", { name: "Sign in" }).waitFor();
  const late = await open();
  await late.goto(link);
  await late.getByLabel("New password").fill(`${another} again`);
  await late.getByRole("button", { name: "Change password" }).click();
  await late.getByText(/used already or is too old/).waitFor();
  await signIn(late, url, { email: ana.email, password: another });
});

journey("two factors: set-up, sign-in, a lost phone, and a team that demands them", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await page.goto(`${url}/account`);
  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  const { app, codes } = await setUpApp(page);
  await page.getByText("10 of 10 left", { exact: false }).waitFor();
  await accessible(page, "the account page");
  await pictured(page, "account-security");

  // Sign in with a code, and elsewhere with a recovery code.
  const second = await open();
  await typePassword(second, url);
  await second.getByLabel("Code of your authenticator app").fill("123456");
  await second.getByRole("button", { name: "Sign in" }).click();
  await second.getByText(/this code is wrong/).waitFor();
  await accessible(second, "the second step of a sign-in");
  await pictured(second, "second-step");
  await second.getByLabel("Code of your authenticator app").fill(app.generate());
  await second.getByRole("button", { name: "Sign in" }).click();
  await second.getByRole("button", { name: /^Account/ }).waitFor();
  const third = await open();
  await typePassword(third, url);
  await third.getByRole("button", { name: "Use a recovery code" }).click();
  await third.getByLabel("Recovery code").fill((codes[0] ?? "").toLowerCase());
  await third.getByRole("button", { name: "Sign in" }).click();
  await third.getByRole("button", { name: /^Account/ }).waitFor();
  await third.goto(`${url}/account`);
  await third.getByText("9 of 10 left", { exact: false }).waitFor();

  // The team demands a factor: Bo, who has none, is led to set one up and can do nothing else.
  await page.goto(`${url}/team`);
  await page.getByRole("button", { name: "Add a person" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Bo Lund");
  await page.getByLabel("Email").fill("bo@example.com");
  await page.getByLabel("First password").fill(another);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("row", { name: /Bo Lund/ }).waitFor();
  await page.getByLabel("Every member needs a second factor").check();
  await page.getByRole("checkbox", { name: "Every member needs a second factor", disabled: false }).waitFor();
  await accessible(page, "the team page");
  await pictured(page, "team-security");
  const bo = await open();
  await typePassword(bo, url, { email: "bo@example.com", password: another });
  await bo.getByRole("heading", { name: "Set up a second factor" }).waitFor();
  await accessible(bo, "the page of somebody who needs a second factor");
  await pictured(bo, "factor-needed");
  await bo.goto(`${url}/team`);
  await bo.getByRole("heading", { name: "Set up a second factor" }).waitFor();
  await bo.getByRole("button", { name: "Set up an authenticator app" }).click();
  await setUpApp(bo);
  await enterWorkspace(bo);

  // Who set one up cannot do without it.
  await bo.goto(`${url}/account`);
  await bo.getByRole("button", { name: "Remove the authenticator app" }).click();
  await bo.getByRole("button", { name: "Remove", exact: true }).last().click();
  await bo.getByText(/Your team demands a second factor/i).waitFor();
});

journey("another address, and an Admin who ends somebody's sessions", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await page.goto(`${url}/account`);
  await page.getByLabel("New email").fill("ana.petrova@example.com");
  await page.getByRole("button", { name: "Change email" }).click();
  await page.getByText(/A link is on its way to ana.petrova@example.com/).waitFor();
  await accessible(page, "the account page after another address was asked for");
  await pictured(page, "account-email");
  await page.goto(`${url}/team/outbox`);
  await page.getByRole("button", { name: "Open the mail to ana.petrova@example.com" }).click();
  const link = (await page.getByRole("dialog").locator("pre").innerText()).match(/http\S+#\S+/)?.[0] ?? "";
  await page.goto(link);
  await page.getByRole("heading", { name: "Confirm your new address" }).waitFor();
  assert.equal(new URL(page.url()).hash, "", "what changes an account does not stay in the address");
  await accessible(page, "the page that confirms an address");
  await pictured(page, "confirm-email");
  await page.getByRole("button", { name: "Confirm the address" }).click();
  await page.getByRole("heading", { name: "Your address is changed" }).waitFor();
  const anew = await open();
  await signIn(anew, url, { email: "ana.petrova@example.com", password: ana.password });

  await page.goto(`${url}/team`);
  await page.getByRole("button", { name: "Add a person" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Bo Lund");
  await page.getByLabel("Email").fill("bo@example.com");
  await page.getByLabel("First password").fill(another);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("row", { name: /Bo Lund/ }).waitFor();
  const bo = await open();
  await signIn(bo, url, { email: "bo@example.com", password: another });
  await page.getByRole("button", { name: "More about Bo Lund" }).click();
  await page.getByRole("menuitem", { name: "Sign-in and sessions" }).click();
  const dialog = page.getByRole("dialog", { name: "Sign-in of Bo Lund" });
  await dialog.getByRole("row", { name: /Chrome/ }).waitFor();
  await accessible(page, "the sessions of a member");
  await pictured(page, "member-sign-in");
  await dialog.getByRole("button", { name: "End all sessions" }).click();
  await page.getByRole("button", { name: "End sessions", exact: true }).click();
  await dialog.getByText("Signed in nowhere.").waitFor();
  await bo.reload();
  await bo.getByRole("heading", { name: "Sign in" }).waitFor();
});
