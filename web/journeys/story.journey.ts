import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { accessible, journey, pictured, setUp, signIn } from "./bulla";

const secret = "canary-of-the-story";

/** A collection and an environment as Postman exports them; the requests go to the echo service at `echo`. */
const files = (echo: string) => ({
  collection: {
    info: {
      _postman_id: "0d6a2c5e-43b1-4a8e-9a35-6a4f0f6d9c11",
      name: "Orders",
      schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
    },
    auth: { type: "bearer", bearer: [{ key: "token", value: "{{token}}", type: "string" }] },
    item: [
      {
        name: "Orders",
        item: [
          {
            name: "Find an order",
            event: [
              {
                listen: "prerequest",
                script: { type: "text/javascript", exec: ["pm.variables.set('number', 4711);"] },
              },
              {
                listen: "test",
                script: {
                  type: "text/javascript",
                  exec: [
                    "pm.test('the order is there', () => pm.response.to.have.status(200));",
                    "pm.test('we are known', () => {",
                    "    pm.expect(pm.response.json().headers.authorization).to.eql('Bearer ' + pm.environment.get('token'));",
                    "});",
                    "pm.environment.set('lastOrder', pm.response.json().args.number);",
                    "console.log('found with', pm.environment.get('token'));",
                  ],
                },
              },
            ],
            request: {
              method: "GET",
              header: [{ key: "Accept", value: "application/json" }],
              url: {
                raw: "{{base}}/get?number={{number}}",
                host: ["{{base}}"],
                path: ["get"],
                query: [{ key: "number", value: "{{number}}" }],
              },
            },
            response: [],
          },
        ],
      },
    ],
  },
  environment: {
    id: "7e0b7a58-2f43-4c83-8bb3-8d5c76a0f0f2",
    name: "Staging",
    values: [
      { key: "base", value: echo, type: "default", enabled: true },
      { key: "token", value: secret, type: "secret", enabled: true },
    ],
    _postman_variable_scope: "environment",
  },
});

/** Does the page show the secret anywhere, its fields included? */
async function shows(page: Page): Promise<boolean> {
  if ((await page.content()).includes(secret)) return true;
  const fields = await page.evaluate(() =>
    [...document.querySelectorAll("input, textarea")].map((field) => (field as HTMLInputElement).value),
  );
  return fields.some((value) => value.includes(secret));
}

journey(
  "a real collection and its environment are imported, sent, edited and saved, and all of it is there tomorrow",
  async ({ url, open }) => {
    const page = await open();
    await setUp(page, url);
    const meta = (await (await page.request.get(`${url}/api/meta`)).json()) as { echoUrl: string };
    const { collection, environment } = files(meta.echoUrl);

    // Both files at once, by the file dialog.
    await page.getByRole("button", { name: "Import", exact: true }).first().click();
    await page.getByLabel("Files to import").setInputFiles(
      [collection, environment].map((file, index) => ({
        name: ["orders.postman_collection.json", "staging.postman_environment.json"][index] ?? "",
        mimeType: "application/json",
        buffer: Buffer.from(JSON.stringify(file)),
      })),
    );
    await page.getByText("Kept", { exact: true }).first().waitFor();
    await pictured(page, "import");
    await page.keyboard.press("Escape");

    // The environment, by its picker.
    await page.getByRole("button", { name: /^Environment:/ }).click();
    await page.getByRole("option", { name: /Staging/ }).click();
    await page.getByRole("button", { name: "Environment: Staging" }).waitFor();

    // Open, send, read.
    const tree = page.getByRole("tree", { name: "Collections" });
    const find = tree.getByRole("treeitem", { name: "GET Find an order" });
    for (const line of ["Orders", "Orders"].map((name, index) =>
      tree.getByRole("treeitem", { name, exact: true }).nth(index),
    )) {
      await line.waitFor();
      if ((await line.getAttribute("aria-expanded")) === "false") await line.click();
    }
    await find.dblclick();
    await page.getByRole("button", { name: /^Request name: Find an order/ }).waitFor();
    const response = page.getByRole("region", { name: "Response" });
    await page.getByRole("button", { name: "Send", exact: true }).first().click();
    await response.getByText("200 OK", { exact: true }).waitFor();
    await response.getByRole("textbox", { name: "Response body" }).getByText('"4711"').first().waitFor();
    await response.getByRole("tab", { name: /^Tests/ }).click();
    await response.getByText("we are known").waitFor();
    await pictured(page, "tests");
    await response.getByRole("tab", { name: "Body" }).click();
    await pictured(page, "response");
    await page.getByRole("button", { name: "Console", exact: true }).click();
    const lines = page.getByRole("list", { name: "Console" });
    await lines.getByText("found with").waitFor();
    await lines.getByRole("button", { name: /\/get/ }).click();
    await lines.getByText("Request headers").waitFor();
    await pictured(page, "console");
    assert.equal(await shows(page), false, "the secret came back in the answer, and is hidden there too");
    await page.getByRole("button", { name: "Console", exact: true }).click();

    // What the script remembered is a local value of the environment.
    await page.getByRole("button", { name: "Variables now" }).click();
    await page.getByRole("button", { name: /^lastOrder is 4711/ }).waitFor();
    await accessible(page, "the variables after a Send");
    await page.keyboard.press("Escape");

    // Edit and save.
    const address = page.getByRole("combobox", { name: "Address" });
    await address.click();
    await page.keyboard.press("End");
    await page.keyboard.type("&page=2");
    await page.keyboard.press("Control+Enter");
    await response.getByRole("textbox", { name: "Response body" }).getByText('"page"').first().waitFor();
    await page.keyboard.press("Control+s");
    await page.getByRole("button", { name: "Save", exact: true }).and(page.locator(":disabled")).waitFor();

    // Run all of it.
    await tree.getByRole("treeitem").first().click({ button: "right" });
    await page.getByRole("menuitem", { name: "Run" }).click();
    await page.getByRole("button", { name: /^Run \d+ request/ }).click();
    await page.getByRole("button", { name: "Run again" }).waitFor();
    await pictured(page, "run");
    await accessible(page, "a run of the story");

    // Tomorrow, on another machine.
    const elsewhere = await open();
    await signIn(elsewhere, page.url());
    await elsewhere.getByRole("button", { name: "History", exact: true }).click();
    const history = elsewhere.getByRole("region", { name: "History", exact: true });
    await history.getByRole("button", { name: /^Run of Orders/ }).waitFor();
    await pictured(elsewhere, "history");
    await history
      .getByRole("button", { name: /page=2/ })
      .first()
      .click();
    await elsewhere.getByRole("button", { name: /^Request name: Find an order/ }).waitFor();
    assert.match(
      await elsewhere.getByRole("combobox", { name: "Address" }).inputValue(),
      /number=\{\{number\}\}&page=2$/,
    );
    assert.equal(await shows(elsewhere), false, "no page has the secret");
    await accessible(elsewhere, "tomorrow");
  },
);
