import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { accessible, addSample, journey, setUp } from "./bulla";

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

journey("a request is sent, and its answer, tests, console and history are there", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addSample(page);
  await openRequest(page, "First steps", "GET Say hello");
  const response = page.getByRole("region", { name: "Response" });

  await address(page).click();
  await page.keyboard.press("Control+Enter");
  await response.getByText("200 OK", { exact: true }).waitFor();
  await response.getByRole("textbox", { name: "Response body" }).getByText('"Ada"').waitFor();
  await accessible(page, "a response");

  // Time and size by their parts.
  await response.getByRole("button", { name: /^Time:/ }).click();
  await page.getByRole("rowheader", { name: "Waiting" }).waitFor();
  await page.keyboard.press("Escape");
  await response.getByRole("button", { name: /^Size:/ }).click();
  await page.getByRole("dialog", { name: "Size by part" }).waitFor();
  await page.keyboard.press("Escape");

  // Search in the body; every part of the response.
  await response.getByRole("button", { name: "Search in the body" }).click();
  await page.getByRole("textbox", { name: "Find" }).fill("args");
  await page.keyboard.press("Escape");
  // A screen reader has the whole text, and has it the next time as well.
  await response.getByRole("button", { name: /^Show the text as one piece/ }).click();
  const piece = response.getByRole("region", { name: "Response body" });
  assert.deepEqual(Object.keys(JSON.parse((await piece.textContent()) ?? "") as object).sort(), [
    "args",
    "headers",
    "url",
  ]);
  await accessible(page, "a body as one piece");
  await address(page).press("Control+Enter");
  await piece.waitFor();
  await response.getByRole("button", { name: /^Show the text as one piece/ }).click();
  await response.getByRole("textbox", { name: "Response body" }).waitFor();
  for (const part of ["Cookies", "Headers", "Tests", "Network"]) {
    await response.getByRole("tab", { name: new RegExp(`^${part}`) }).click();
    await accessible(page, `a response's ${part}`);
  }
  await response.getByRole("tab", { name: /^Tests/ }).click();
  await response.getByText("the status is 200").waitFor();
  await response.getByRole("button", { name: /^Passed/ }).click();
  await response.getByText("the status is 200").waitFor();

  // It is kept as an example beside its request.
  await response.getByRole("button", { name: "Save the response as an example" }).click();
  await page.getByText(/Saved as the example/).waitFor();

  // The answer waits while its tab is behind another one.
  await openRequest(page, "First steps", "POST Post an order");
  await page.getByRole("button", { name: "Send", exact: true }).first().click();
  await response.getByText("200 OK", { exact: true }).waitFor();
  await page
    .getByRole("navigation", { name: "Open tabs" })
    .getByRole("link", { name: /Say hello/ })
    .click();
  await response.getByText("the status is 200").waitFor();

  // The console has every request as it was sent.
  await page.getByRole("button", { name: "Console", exact: true }).click();
  const console = page.getByRole("list", { name: "Console" });
  await console.getByRole("button", { name: /\/post/ }).click();
  await console.getByText("Request headers").waitFor();
  await console.getByText('"tea"').first().waitFor();
  await accessible(page, "the console with an open request");
  await page.getByRole("searchbox", { name: "Filter the console" }).fill("get?name");
  await console.getByRole("button", { name: /\/post/ }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Clear the console" }).click();
  await page.getByText("The console is empty").waitFor();
  await page.getByRole("button", { name: "Console", exact: true }).click();

  // The history opens it again.
  await page.getByRole("button", { name: "History", exact: true }).click();
  const history = page.getByRole("region", { name: "History", exact: true });
  await history.getByRole("heading", { name: "Today" }).waitFor();
  await accessible(page, "the history");
  await history
    .getByRole("button", { name: /get\?name/ })
    .first()
    .click();
  assert.match(await address(page).inputValue(), /get\?name/);
  await history.getByRole("button", { name: "Clear the history" }).click();
  await page.getByRole("button", { name: "Clear history" }).click();
  await page.getByText("Nothing was sent yet").waitFor();

  // Nobody is there: what went wrong, in words.
  await address(page).fill("http://127.0.0.1:1/");
  await page.keyboard.press("Control+Enter");
  await response.getByText("There is no response.").waitFor();
  await accessible(page, "a request that failed");

  // One who does not want to wait.
  await address(page).fill("{{baseUrl}}/delay/10");
  await page.keyboard.press("Control+Enter");
  await response.getByText("Waiting for the answer").waitFor();
  await response.getByRole("button", { name: "Cancel" }).click();
  await response.getByRole("heading", { name: "Cancelled" }).waitFor();
});

journey(
  "a long body does not freeze the page, and a page that came in can do nothing",
  async ({ url, open }) => {
    const page = await open();
    await setUp(page, url);
    await addSample(page);
    await openRequest(page, "First steps", "GET Say hello");
    const response = page.getByRole("region", { name: "Response" });

    await address(page).fill("{{baseUrl}}/bytes/3000000");
    await page.keyboard.press("Control+Enter");
    await response.getByText("200 OK", { exact: true }).waitFor();
    // The page answers while it shows it.
    await page
      .getByRole("tab", { name: /^Headers/ })
      .first()
      .click();
    const saved = page.waitForEvent("download");
    await response.getByRole("button", { name: "Download the body" }).click();
    assert.equal((await readFile(await (await saved).path())).length, 3_000_000);

    // What the server has no more is not saved in the place of the body.
    await page.route("**/api/bodies/*", (route) =>
      route.fulfill({
        status: 404,
        contentType: "application/problem+json",
        body: JSON.stringify({ status: 404, code: "not_found", title: "Not Found", detail: "no such body" }),
      }),
    );
    await response.getByRole("button", { name: "Download the body" }).click();
    await page.getByText("The server keeps a long body for an hour, and this one is gone.").waitFor();

    await address(page).fill("{{baseUrl}}/encoding/utf8");
    await page.keyboard.press("Control+Enter");
    await response.getByRole("button", { name: "Preview" }).click();
    const frame = response.getByTitle("Preview of the response");
    assert.equal(await frame.getAttribute("sandbox"), "");
  },
);

journey(
  "a collection is run in a chosen order with a data file, and its results are exported",
  async ({ url, open }) => {
    const page = await open();
    await setUp(page, url);
    await addSample(page);
    await page.getByRole("treeitem").first().click({ button: "right" });
    await page.getByRole("menuitem", { name: "Run" }).click();
    await page.getByRole("heading", { name: "Run Bulla sample" }).waitFor();
    await accessible(page, "the runner");

    const order = page.getByRole("list", { name: "Requests in the order of the run" });
    await order.getByRole("listitem").first().waitFor();
    await page.getByLabel("Run A page that moved").uncheck();
    await page.getByLabel("Run Say hello").focus();
    await page.keyboard.press("Alt+ArrowDown");
    assert.match((await order.getByRole("listitem").first().textContent()) ?? "", /Post an order/);
    await page.getByRole("button", { name: "Reset" }).click();
    assert.match((await order.getByRole("listitem").first().textContent()) ?? "", /Say hello/);

    await page.getByLabel("Data file").setInputFiles({
      name: "people.csv",
      mimeType: "text/csv",
      buffer: Buffer.from("customer\nBo\nCy\n"),
    });
    await page.getByText("people.csv").waitFor();
    await page.getByRole("cell", { name: "Cy" }).waitFor();
    assert.equal(await page.getByLabel("Iterations").inputValue(), "2");
    await page.getByRole("button", { name: /^Run \d+ requests/ }).click();
    await page.getByRole("button", { name: "Run again" }).waitFor();
    await accessible(page, "the results of a run");

    const results = page.getByRole("list", { name: "Results" });
    // The iterations are one stop of the Tab key.
    await page.getByRole("button", { name: /^Iteration 1/ }).focus();
    await page.keyboard.press("ArrowDown");
    await page.waitForFunction(() =>
      /^Iteration 2/.test(document.activeElement?.getAttribute("aria-label") ?? ""),
    );
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    assert.doesNotMatch(
      await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? ""),
      /^Iteration/,
    );
    await results
      .getByRole("button", { name: /Say hello/ })
      .first()
      .click();
    await page.getByRole("region", { name: "Detail of Say hello" }).getByText('"args"').waitFor();
    await accessible(page, "a result of a run");
    await page.getByRole("button", { name: "Close the detail" }).click();

    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save the results" }).click();
    await page.getByRole("menuitem", { name: /JSON/ }).click();
    const report = JSON.parse(await readFile(await (await saved).path(), "utf8")) as {
      run: { stats: { iterations: { total: number }; assertions: { total: number } } };
    };
    assert.equal(report.run.stats.iterations.total, 2);
    assert.ok(report.run.stats.assertions.total > 0);

    await page.getByRole("button", { name: "Run again" }).click();
    await page.getByRole("button", { name: "Run again" }).waitFor();
    await page.getByRole("button", { name: "New run" }).click();
    await page.getByRole("heading", { name: "Run Bulla sample" }).waitFor();
  },
);
