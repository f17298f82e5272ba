import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { accessible, ana, journey, pictured, setUp } from "./bulla";

/** Gives the browser of `page` a device that keeps passkeys and whose owner always agrees. */
async function deviceIn(page: Page) {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    kept: async () => (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials.length,
    /** From now on the device does not recognise whoever sits there, or does again. */
    knows: (isUserVerified: boolean) =>
      session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
  };
}

async function signOut(page: Page) {
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}

async function typePassword(page: Page) {
  await page.getByLabel("Email").fill(ana.email);
  await page.getByLabel("Password").fill(ana.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

journey(
  "a passkey: added, used as the second step and alone, and removed",
  async ({ url, open }) => {
    const page = await open();
    const device = await deviceIn(page);
    await setUp(page, url);
    await page.goto(`${url}/account`);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a passkey" });
    await accessible(page, "the dialog of a new passkey");
    await pictured(page, "add-passkey");
    await dialog.getByLabel("Name").fill("Laptop");
    await dialog.getByRole("button", { name: "Go on" }).click();
    const kept = page.getByRole("dialog", { name: "Keep your recovery codes" });
    await kept.waitFor();
    const codes = await kept.getByRole("listitem").allInnerTexts();
    assert.equal(codes.length, 10);
    await kept.getByRole("button", { name: "I have kept them" }).click();
    assert.equal(await device.kept(), 1);
    await page.getByRole("button", { name: "Name of the passkey: Laptop. Change" }).click();
    await page.getByLabel("Name of the passkey").fill("Work laptop");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Remove the passkey Work laptop" }).waitFor();
    await page.getByText("10 of 10 left", { exact: false }).waitFor();
    await accessible(page, "the account page with a passkey");
    await pictured(page, "account-passkeys");

    // The same device has nothing to add.
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await dialog.getByLabel("Name").fill("Again");
    await dialog.getByRole("button", { name: "Go on" }).click();
    await dialog.getByText(/has a passkey for your account already/).waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();

    // The second step.
    await signOut(page);
    await accessible(page, "the sign-in with passkeys");
    await pictured(page, "sign-in-passkeys");
    await typePassword(page);
    await page.getByRole("button", { name: "Use a passkey" }).waitFor();
    await accessible(page, "the second step with a passkey");
    await pictured(page, "second-step-passkey");
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByRole("button", { name: /^Account/ }).waitFor();

    // Alone; and not where the device does not know who sits there.
    await signOut(page);
    await device.knows(false);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByText(/No passkey was used/).waitFor();
    await device.knows(true);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByRole("button", { name: /^Account/ }).waitFor();

    // A browser without the device: a recovery code, and then no passkey any more.
    const other = await open();
    await other.goto(url);
    await typePassword(other);
    await other.getByRole("button", { name: "Use a recovery code" }).click();
    await other.getByLabel("Recovery code").fill(codes[3] ?? "");
    await other.getByRole("button", { name: "Sign in" }).click();
    await other.getByRole("button", { name: /^Account/ }).waitFor();
    await other.goto(`${url}/account`);
    await other.getByText("9 of 10 left", { exact: false }).waitFor();
    await other.getByRole("button", { name: "Remove the passkey Work laptop" }).click();
    await other.getByRole("button", { name: "Remove", exact: true }).last().click();
    await other.getByText("The passkey is removed.").waitFor();
    await signOut(page);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByText(/lets nobody in here/).waitFor();
    await typePassword(page);
    await page.getByRole("button", { name: /^Account/ }).waitFor();
  },
  { named: true },
);

journey("an instance without a name says why there are no passkeys", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await page.goto(`${url}/account`);
  await page.getByText(/Not here: this instance does not know its own name/).waitFor();
  assert.equal(await page.getByRole("button", { name: "Add a passkey" }).count(), 0);
  await signOut(page);
  await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Sign in with a passkey" }).count(), 0);
});
