import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { accessible, addSample, journey, setUp, signIn } from "./bulla";

const address = (page: Page) => page.getByRole("combobox", { name: "Address" });

/** Opens a request of the sample in a tab of its own. */
async function openRequest(page: Page, name: string) {
  const tree = page.getByRole("tree", { name: "Collections" });
  for (const folder of ["First steps", "Signing in"]) {
    const line = tree.getByRole("treeitem", { name: folder });
    if ((await line.getAttribute("aria-expanded")) === "false") await line.click();
  }
  await tree.getByRole("treeitem", { name }).dblclick();
  await page
    .getByRole("button", { name: new RegExp(`^Request name: ${name.replace(/^\w+ /, "")}`) })
    .waitFor();
}

/** Puts a long text in the place of what is there. */
async function paste(body: Locator, text: string) {
  await body.press("Control+a");
  await body.evaluate((element, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

journey("a request is built, survives the page as a draft, and is saved", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addSample(page);
  await openRequest(page, "GET Say hello");

  // The address, its variables, and the table of parameters are one thing.
  await address(page).press("End");
  await page.keyboard.type("&page={{cus");
  await page.getByRole("option", { name: /customer/ }).waitFor();
  await page.keyboard.press("Enter");
  assert.equal(await address(page).inputValue(), "{{baseUrl}}/get?name={{customer}}&page={{customer}}");
  assert.equal(await page.getByLabel("Value of page").inputValue(), "{{customer}}");
  await page.getByLabel("Key of a new parameter").fill("sort");
  await page.getByLabel("Value of sort").fill("a&b");
  assert.equal(
    await address(page).inputValue(),
    "{{baseUrl}}/get?name={{customer}}&page={{customer}}&sort=a%26b",
  );
  await page.getByLabel("Send page").click();
  assert.equal(await address(page).inputValue(), "{{baseUrl}}/get?name={{customer}}&sort=a%26b");

  // Path variables come with the address.
  await address(page).fill("{{baseUrl}}/users/:id?sort=up");
  await page.getByLabel("Value of id").fill("7");
  await page.getByText("/users/7?sort=up").waitFor();

  // A variable says what it is where the pointer rests.
  const box = await address(page).boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + 30, box.y + box.height / 2);
  await page.getByText("Collection Bulla sample").waitFor();

  // Bulk edit, and headers that are sent anyway.
  await page.getByRole("tab", { name: /^Headers/ }).click();
  await page.getByRole("button", { name: "Bulk edit" }).click();
  await page.getByLabel("Headers as text").fill("Accept: application/json\n// X-Off: 1");
  await page.getByRole("button", { name: "Edit as table" }).click();
  assert.equal(await page.getByLabel("Value of Accept").inputValue(), "application/json");
  assert.equal(await page.getByLabel("Send X-Off").isChecked(), false);
  await page.getByRole("button", { name: /automatic/ }).click();
  await page.getByLabel("Send User-Agent automatically").uncheck();

  // A body that completes variables, and a script that completes pm.
  await page.getByRole("button", { name: /^Method/ }).click();
  await page.getByRole("menuitemradio", { name: "POST" }).click();
  await page.getByRole("tab", { name: "Body" }).click();
  await page.getByRole("radio", { name: "raw" }).check();
  const body = page.getByRole("textbox", { name: "Raw body" });
  await body.click();
  await page.keyboard.type('{"who":"{{cust');
  await page.getByRole("option", { name: /customer/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Beautify" }).click();
  assert.match(await body.innerText(), /"who": "\{\{customer\}\}"/);
  await page.getByRole("tab", { name: "Scripts" }).click();
  const script = page.getByRole("textbox", { name: "Post-response script" });
  await script.click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("\npm.resp");
  await page.getByRole("option", { name: /^response/ }).waitFor();
  await page.keyboard.press("Enter");
  assert.match(await script.innerText(), /pm\.response$/m);

  // Nothing was saved, and nothing is lost.
  await page.getByRole("navigation", { name: "Open tabs" }).getByText(", not saved").waitFor();
  await page.reload();
  assert.equal(await address(page).inputValue(), "{{baseUrl}}/users/:id?sort=up");
  await page.getByRole("radio", { name: "raw" }).waitFor();
  assert.equal(await page.getByRole("radio", { name: "raw" }).isChecked(), true);
  await page.keyboard.press("Control+s");
  // It is disabled while it saves as well.
  const saved = page.locator(":disabled:not([aria-busy])");
  await page.getByRole("button", { name: "Save", exact: true }).and(saved).waitFor();
  const id = page.url().split("/").at(-1);
  const item = (await (await page.request.get(`${url}/api/items/${id}`)).json()) as { document: unknown };
  assert.deepEqual(
    JSON.parse(JSON.stringify(item.document)).request.url.variable,
    [{ key: "id", value: "7" }],
    "the server has it",
  );
  assert.deepEqual(JSON.parse(JSON.stringify(item.document)).protocolProfileBehavior, {
    disabledSystemHeaders: { "user-agent": true },
  });
});

journey("a draft of some megabytes survives the page as well", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addSample(page);
  await openRequest(page, "POST Post an order");
  const body = page.getByRole("textbox", { name: "Raw body" });
  await paste(body, "All work and no play makes Jack a dull boy.\n".repeat(150_000));
  await page.getByRole("button", { name: "Save", exact: true }).and(page.locator(":enabled")).waitFor();
  await page.waitForFunction(async () => {
    if ((await indexedDB.databases()).length === 0) return false;
    const opened = await new Promise<IDBDatabase>((resolve) => {
      const asked = indexedDB.open("bulla", 1);
      asked.onsuccess = () => resolve(asked.result);
    });
    const drafts = await new Promise<unknown[]>((resolve) => {
      const asked = opened.transaction("drafts").objectStore("drafts").getAll();
      asked.onsuccess = () => resolve(asked.result);
    });
    opened.close();
    return drafts.join("").length > 6_000_000;
  });
  await page.reload();
  await body.getByText("All work and no play").first().waitFor();

  // The last key before the page goes is kept as well.
  await body.click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("Dear Jack, ");
  await page.reload();
  await body.getByText("Dear Jack, All work and no play").first().waitFor();

  await page.getByRole("button", { name: "More about these edits" }).click();
  await page.getByRole("menuitem", { name: "Discard my edits" }).click();
  await body.getByText('"tea"').waitFor();
});

journey("a draft that the browser does not give back is not lost without a word", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addSample(page);
  await openRequest(page, "POST Post an order");
  const body = page.getByRole("textbox", { name: "Raw body" });
  await paste(body, "All work and no play makes Jack a dull boy.\n".repeat(20_000));
  await page.getByRole("button", { name: "Save", exact: true }).and(page.locator(":enabled")).waitFor();
  await page.evaluate(async () => {
    const opened = await new Promise<IDBDatabase>((resolve) => {
      const asked = indexedDB.open("bulla", 1);
      asked.onsuccess = () => resolve(asked.result);
    });
    const change = opened.transaction("drafts", "readwrite");
    change.objectStore("drafts").clear();
    await new Promise((resolve) => (change.oncomplete = resolve));
    opened.close();
  });
  await page.reload();
  await page.getByText("the browser does not give them back").waitFor();
  await accessible(page, "a draft that cannot be read");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("the browser does not give them back").waitFor();
  await page.getByRole("button", { name: "Go on without them" }).click();
  await body.getByText('"tea"').waitFor();
  await page
    .getByRole("navigation", { name: "Open tabs" })
    .getByText(", not saved")
    .waitFor({ state: "detached" });
});

journey("two people edit one request and neither loses a word", async ({ url, open }) => {
  const first = await open();
  await setUp(first, url);
  await addSample(first);
  await openRequest(first, "GET Say hello");
  const second = await open();
  await signIn(second, first.url());
  await address(second).waitFor();

  await second.getByRole("tab", { name: /^Headers/ }).click();
  await second.getByLabel("Key of a new header").fill("X-Second");
  await address(second).fill("{{baseUrl}}/second");
  await address(first).fill("{{baseUrl}}/first");
  await first.keyboard.press("Control+s");
  await first.getByRole("button", { name: "Save", exact: true }).and(first.locator(":disabled")).waitFor();

  await second.keyboard.press("Control+s");
  await second.getByText("Someone saved this request while you were editing.").waitFor();
  await accessible(second, "a save that came too late");
  await second.getByRole("button", { name: "Compare" }).click();
  await second.getByRole("dialog", { name: "What is different" }).waitFor();
  await accessible(second, "the comparison");
  await second.keyboard.press("Escape");

  // Theirs, and mine again: nothing was thrown away.
  await second.getByRole("button", { name: "Take theirs" }).click();
  await second.waitForFunction(
    () => document.querySelector<HTMLInputElement>('[aria-label="Address"]')?.value === "{{baseUrl}}/first",
  );
  await second.getByRole("button", { name: "Bring my edits back" }).click();
  await second.waitForFunction(
    () => document.querySelector<HTMLInputElement>('[aria-label="Address"]')?.value === "{{baseUrl}}/second",
  );
  await second.keyboard.press("Control+s");
  await second.getByRole("button", { name: "Keep mine on top" }).click();
  await second.getByRole("button", { name: "Save", exact: true }).and(second.locator(":disabled")).waitFor();
  await second.reload();
  assert.equal(await address(second).inputValue(), "{{baseUrl}}/second");
  await second.getByRole("tab", { name: /^Headers/ }).click();
  await second.getByLabel("Value of X-Second").waitFor();
});

journey("every part of a request holds up to axe, in light and in dark", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addSample(page);
  await openRequest(page, "POST Post an order");
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const look = (where: string) => accessible(page, `${where}, ${colorScheme}`);
    for (const part of ["Params", "Authorization", "Headers", "Body", "Scripts", "Settings", "Description"]) {
      await page.getByRole("tab", { name: new RegExp(`^${part}`) }).click();
      if (part === "Body" || part === "Scripts") await page.locator(".cm-content").waitFor();
      await look(`a request's ${part}`);
    }
    await page.getByRole("tab", { name: "Body" }).click();
    for (const mode of ["none", "form-data", "x-www-form-urlencoded", "binary", "GraphQL", "raw"]) {
      await page.getByRole("radio", { name: mode, exact: true }).check();
      if (mode === "GraphQL" || mode === "raw") await page.locator(".cm-content").first().waitFor();
      await look(`a body of ${mode}`);
    }
    await page.getByRole("tab", { name: "Authorization" }).click();
    for (const type of ["Basic", "API key", "OAuth 2.0", "AWS signature"]) {
      await page.getByLabel("Type", { exact: true }).selectOption(type);
      await look(`the authorization ${type}`);
    }
    await page.getByRole("tab", { name: /^Headers/ }).click();
    await page.getByRole("button", { name: /automatic/ }).click();
    await look("the automatic headers");
    await page.getByRole("button", { name: /automatic/ }).click();
  }
});
