import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { accessible, addSample, journey, pictured, setUp } from "./bulla";
import { passphrase, withMutual } from "./mutual";

const address = (page: Page) => page.getByRole("combobox", { name: "Address" });

async function openRequest(page: Page, folder: string, name: string) {
  const tree = page.getByRole("tree", { name: "Collections" });
  const line = tree.getByRole("treeitem", { name: folder });
  if ((await line.getAttribute("aria-expanded")) === "false") await line.click();
  await tree.getByRole("treeitem", { name }).dblclick();
  await page
    .getByRole("button", { name: new RegExp(`^Request name: ${name.replace(/^\w+ /, "")}`) })
    .waitFor();
}

journey(
  "a request shows a client certificate, and its answer says what TLS came to",
  async ({ url, open }) => {
    await withMutual(async (peer) => {
      const page = await open();
      await setUp(page, url);
      await addSample(page);
      await openRequest(page, "First steps", "GET Say hello");
      const workspace = page.url();
      const response = page.getByRole("region", { name: "Response" });

      // Nobody trusts the server yet.
      await address(page).fill(peer.url);
      await page.keyboard.press("Control+Enter");
      await response.getByText(/tls · untrusted_certificate/).waitFor();

      // Its authority, and a certificate of one's own.
      await page.goto(`${url}/account/certificates`);
      await page.getByText("No client certificates").waitFor();
      await accessible(page, "no certificates");
      await pictured(page, "certificates-none");
      await page.getByRole("button", { name: "Add authorities" }).click();
      await page.getByLabel("PEM file").setInputFiles(peer.file("ada.plain"));
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await page.getByText(/no PEM certificate/).waitFor();
      await page.getByLabel("PEM file").setInputFiles(peer.file("ca.pem"));
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await page
        .getByRole("table", { name: "Certificate authorities" })
        .getByText("CN=Acme Root CA")
        .first()
        .waitFor();

      await page.getByRole("button", { name: "Add client certificate" }).click();
      const dialog = page.getByRole("dialog", { name: "Add client certificate" });
      await dialog.getByLabel("Host").fill("https://127.0.0.1");
      await dialog.getByLabel("Port").fill("*");
      await dialog.getByLabel("Certificate file").setInputFiles(peer.file("ada.pem"));
      await dialog.getByLabel("Key file").setInputFiles(peer.file("ada.key"));
      await dialog.getByRole("button", { name: "Add", exact: true }).click();
      await dialog.getByText(/Must be a host name alone/).waitFor();
      await dialog.getByLabel("Host").fill("127.0.0.1");
      await dialog.getByLabel("Passphrase").fill("not the one");
      await dialog.getByRole("button", { name: "Add", exact: true }).click();
      await dialog.getByText("This passphrase does not open it").waitFor();
      await accessible(page, "a client certificate that is refused");
      await pictured(page, "certificates-refused");
      await dialog.getByLabel("Passphrase").fill(passphrase);
      await dialog.getByRole("button", { name: "Add", exact: true }).click();
      const shown = page.getByRole("table", { name: "Client certificates" });
      await shown.getByText("127.0.0.1, every port").waitFor();
      await shown.getByText(/Ends in 1\d days/).waitFor();
      await accessible(page, "certificates");
      await pictured(page, "certificates");

      // A PFX file does as well.
      await page.getByRole("button", { name: "Add client certificate" }).click();
      await dialog.getByLabel("Host").fill("*.acme.example");
      await dialog.getByLabel("Files").selectOption("pfx");
      await dialog.getByLabel("PFX file").setInputFiles(peer.file("ada.pfx"));
      await dialog.getByLabel("Passphrase").fill(passphrase);
      await dialog.getByRole("button", { name: "Add", exact: true }).click();
      await shown.getByText("*.acme.example").waitFor();
      assert.doesNotMatch((await page.textContent("body")) ?? "", new RegExp(`PRIVATE KEY|${passphrase}`));

      // The server sees it, and the answer says so.
      await page.goto(workspace);
      await address(page).waitFor();
      await address(page).press("Control+Enter");
      await response.getByText("200 ok", { exact: false }).first().waitFor();
      await response.getByRole("button", { name: /^Network: TLSv1\.3, certificate is trusted/ }).click();
      const card = page.getByRole("dialog", { name: "Network" });
      await card.getByText("api.acme.example").waitFor();
      await card.getByText("ana.acme.example").waitFor();
      await accessible(page, "the network of a response");
      await pictured(page, "network");
      await page.keyboard.press("Escape");
      await response.getByRole("tab", { name: "Network" }).click();
      const certificates = response.getByRole("region", { name: "Certificates of the server" });
      await certificates.getByText("127.0.0.1, api.acme.example").waitFor();
      await response
        .getByRole("region", { name: "Client certificate" })
        .getByText("CN=ana.acme.example", { exact: false })
        .first()
        .waitFor();
      await accessible(page, "the Network part of a response");
      await pictured(page, "network-part");

      // Settings of the request: versions and suites of TLS.
      await page.getByRole("tab", { name: "Settings" }).click();
      const setting = (name: string) => page.getByRole("group", { name });
      await setting("TLS/SSL protocols disabled during handshake").getByLabel("TLS v1.3").check();
      const suites = setting("Cipher suite selection");
      const name = suites.getByRole("combobox", { name: "Name of a cipher suite" });
      await name.fill("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384");
      await name.press("Enter");
      await name.fill("ECDHE ^");
      await name.press("Enter");
      await suites.getByText("cannot be the name").waitFor();
      await name.fill("");
      const up = suites.getByRole("button", { name: "Move ECDHE-ECDSA-AES256-GCM-SHA384 up" });
      await up.focus();
      await page.keyboard.press("Enter");
      await suites.getByText("ECDHE-ECDSA-AES256-GCM-SHA384 is number 1 of 2").waitFor();
      // At the end of its way the focus is on the button that leads back.
      await page.waitForFunction(
        () =>
          document.activeElement?.getAttribute("aria-label") === "Move ECDHE-ECDSA-AES256-GCM-SHA384 down",
      );
      await accessible(page, "the settings of a request");
      await pictured(page, "settings");
      await address(page).press("Control+Enter");
      await response.getByRole("button", { name: /^Network: TLSv1\.2/ }).waitFor();
      await response.getByRole("tab", { name: "Network" }).click();
      await response
        .getByRole("region", { name: "TLS" })
        .getByText("ECDHE-ECDSA-AES256-GCM-SHA384")
        .waitFor();
      await page
        .getByRole("button", { name: "Restore default of TLS/SSL protocols disabled during handshake" })
        .click();
      await page.getByRole("button", { name: "Restore default of Cipher suite selection" }).click();
      await suites.getByText("The usual ones").waitFor();

      // What a folder says holds for its requests, until one of them says otherwise.
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page
        .getByRole("navigation", { name: "Where this request is" })
        .getByRole("button", { name: "First steps" })
        .click();
      await page.getByRole("tab", { name: "Settings" }).click();
      await page.getByRole("switch", { name: "Enable SSL certificate verification" }).uncheck();
      await accessible(page, "the settings of a folder");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await openRequest(page, "First steps", "GET Say hello");
      await page.getByRole("tab", { name: "Settings" }).click();
      await page.getByText("As folder First steps").waitFor();
      const verification = page.getByRole("switch", { name: "Enable SSL certificate verification" });
      assert.equal(await verification.isChecked(), false);

      // Without its authority the server is not trusted any more; the request is sent all the same.
      await page.goto(`${url}/account/certificates`);
      await page.getByRole("button", { name: /^Delete CN=Acme Root CA/ }).click();
      await page.getByRole("button", { name: "Delete certificate" }).click();
      await page
        .getByText("Your requests trust the authorities of the server’s system.", { exact: false })
        .waitFor();
      await page.goto(workspace);
      await address(page).waitFor();
      await address(page).press("Control+Enter");
      await response.getByRole("button", { name: /certificate is not trusted/ }).click();
      await card
        .getByText(/signed by|self-signed|issuer/)
        .first()
        .waitFor();
      await pictured(page, "network-untrusted");
    });
  },
);

journey("a run goes as its settings say, and its report is read and saved", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addSample(page);
  await page.getByRole("treeitem").first().click({ button: "right" });
  await page.getByRole("menuitem", { name: "Run" }).click();
  await page.getByRole("heading", { name: "Run Bulla sample" }).waitFor();

  await page.getByText("More settings").click();
  await page.getByLabel("Virtual users").fill("2");
  await page.getByLabel("Iterations").fill("4");
  await page.getByLabel("Retries").fill("1");
  await page.getByLabel("Retry pause, in ms").fill("0");
  await page.getByLabel("Retry on").fill("network, 6xx");
  await page.getByLabel("Cookies").selectOption("fresh");
  await page.getByLabel("Keep the values that scripts give variables").uncheck();
  await page.getByText("6 changes").waitFor();
  await accessible(page, "the settings of a run");
  await pictured(page, "runner-settings");

  // What the server does not take it says.
  await page.getByRole("button", { name: /^Run \d+ requests/ }).click();
  await page.getByText(/"6xx" is neither network nor a status/).waitFor();
  await page.getByRole("button", { name: "New run" }).click();
  await page.getByText("More settings").click();
  await page.getByLabel("Retry on").fill("network, 5xx");
  await page.getByRole("button", { name: /^Run \d+ requests/ }).click();
  await page.getByRole("link", { name: "Open report" }).waitFor();
  await accessible(page, "the results of a run with a report");
  await pictured(page, "run-report-link");

  // The report opens as a page of its own, which has nothing of this app.
  const [report] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("link", { name: "Open report" }).click(),
  ]);
  await report.getByRole("heading", { name: "Bulla sample" }).waitFor();
  await report.getByRole("searchbox", { name: "Search" }).fill("hello");
  await report
    .getByRole("status")
    .getByText(/^\d+ of \d+ shown$/)
    .waitFor();
  assert.equal(await report.evaluate(() => self.origin), "null");
  await pictured(report, "report");
  await report.close();

  for (const [label, holds] of [
    [/\(HTML\)/, "<title>Bulla sample"],
    [/\(JUnit\)/, "<testsuites"],
    [/JSON/, '"executions"'],
  ] as const) {
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save the results" }).click();
    await page.getByRole("menuitem", { name: label }).click();
    assert.ok((await readFile(await (await saved).path(), "utf8")).includes(holds), String(label));
  }

  // It is in the history as well.
  await page.getByRole("navigation", { name: "Sections" }).getByRole("button", { name: "History" }).click();
  await page.getByRole("link", { name: "Open the report of Bulla sample" }).waitFor();
  await accessible(page, "the history with a report");
});
