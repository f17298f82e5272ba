import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { accessible, ana, journey, pictured, setUp, signIn } from "./bulla";

journey(
  "the audit log is sent to a webhook, and people are told what concerns them",
  async ({ url, open }) => {
    // A receiver that checks signatures by itself.
    let secret = "";
    let away = false;
    const numbers: number[] = [];
    const receiver = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on("data", (piece: Buffer) => pieces.push(piece));
      request.on("end", () => {
        const body = Buffer.concat(pieces);
        const key = Buffer.from(secret.replace("whsec_", ""), "base64");
        const signed = `${String(request.headers["webhook-id"])}.${String(request.headers["webhook-timestamp"])}.`;
        const expected = `v1,${createHmac("sha256", key).update(signed).update(body).digest("base64")}`;
        const right = request.headers["webhook-signature"] === expected;
        if (away || !right) {
          response.writeHead(away ? 503 : 401).end();
          return;
        }
        const message = JSON.parse(body.toString()) as { data: { events: { sequence: number }[] } };
        numbers.push(...message.data.events.map((event) => event.sequence));
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    const target = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/audit?token=hidden`;

    const page = await open();
    await setUp(page, url);
    await page.goto(`${url}/audit`);
    await page.getByRole("button", { name: "Streaming" }).click();
    await page.getByRole("heading", { name: "The log stays here" }).waitFor();
    await accessible(page, "no streams");
    await pictured(page, "streams-empty");

    await page.getByRole("button", { name: "New stream" }).click();
    const dialog = page.getByRole("dialog", { name: "New stream" });
    await dialog.getByLabel("Name", { exact: true }).fill("SIEM");
    await accessible(page, "a new stream to syslog");
    await pictured(page, "streams-new-syslog");
    await dialog.getByLabel("Destination").selectOption({ label: "Signed webhook" });
    await dialog.getByLabel("Form of events").selectOption({ label: "JSON" });
    await dialog.getByLabel("Address").fill("http://siem.example.com/");
    await dialog.getByLabel("Begin with").selectOption({ label: "The oldest event that is kept" });
    await dialog.getByRole("button", { name: "Create" }).click();
    await dialog.getByText("it must begin with https://").waitFor();
    await dialog.getByLabel("Address").fill(target);
    await dialog.getByRole("button", { name: "Create" }).click();
    const shown = page.getByRole("dialog", { name: "The secret of this webhook" });
    secret = await shown.getByLabel("Secret").inputValue();
    assert.match(secret, /^whsec_/);
    await accessible(page, "the secret of a webhook");
    await shown.getByRole("button", { name: "Done" }).click();

    // What was refused before the receiver knew the secret has waited.
    const row = page.getByRole("row", { name: /SIEM/ });
    await row.getByText("Runs").waitFor();
    assert.doesNotMatch(await row.innerText(), /hidden/);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index),
      "each event once, in order",
    );
    await page.getByRole("button", { name: "Test SIEM" }).click();
    await page.getByText(/SIEM took the test message/).waitFor();
    away = true;
    await page.getByRole("button", { name: "Test SIEM" }).click();
    await page.getByText("SIEM: it answered 503 Service Unavailable").waitFor();
    await row.getByText("it answered 503 Service Unavailable").waitFor();
    await row.getByText(/wait/).first().waitFor();
    await accessible(page, "a stream that fails");
    await pictured(page, "streams-failing");

    await page.getByRole("button", { name: "More of SIEM" }).click();
    await page.getByRole("menuitem", { name: "Pause" }).click();
    await row.getByText("Paused").waitFor();
    await page.getByRole("button", { name: "More of SIEM" }).click();
    await page.getByRole("menuitem", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByRole("heading", { name: "The log stays here" }).waitFor();
    receiver.close();

    // Whoever is concerned is told.
    await page.goto(`${url}/team`);
    await page.getByRole("button", { name: "Add a person" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Bo Lund");
    await page.getByLabel("Email").fill("bo@example.com");
    await page.getByLabel("First password").fill(ana.password);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("row", { name: /Bo Lund/ }).waitFor();
    const bo = { email: "bo@example.com", password: ana.password };
    const first = await open();
    await signIn(first, url, bo);
    await first.getByRole("link", { name: "Notifications", exact: true }).click();
    await first.getByRole("heading", { name: "Nothing yet" }).waitFor();
    await pictured(first, "notifications-empty");
    const second = await open();
    await signIn(second, url, bo);
    await second.getByRole("link", { name: "Notifications: 1 not read" }).click();
    await second.getByText("Somebody signed in to your account from a new device").waitFor();
    await accessible(second, "notifications");
    await pictured(second, "notifications");
    await second.getByRole("checkbox", { name: "You were added to a group: by mail" }).click();
    await second.getByRole("button", { name: "Mark all as read" }).click();
    await second.getByRole("link", { name: "Notifications", exact: true }).waitFor();
    await second.reload();
    const mail = second.getByRole("checkbox", { name: "You were added to a group: by mail" });
    await mail.waitFor();
    assert.equal(await mail.isChecked(), false);
  },
);
