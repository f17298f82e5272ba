import assert from "node:assert/strict";
import { accessible, addSample, ana, journey, setUp, signIn } from "./bulla";

journey(
  "a new server, an imported collection, an environment, a save, and all of it is there tomorrow",
  async ({ url, open }) => {
    const page = await open();
    await page.goto(url);
    await page.getByRole("heading", { name: "Make the first account" }).waitFor();
    await accessible(page, "the setup page");
    await setUp(page, url);
    await accessible(page, "an empty workspace");

    // Import by pasting anywhere, and the report.
    await page.getByRole("button", { name: "Import", exact: true }).first().click();
    await page.getByLabel("Or paste the content of a file").fill("{ this is not JSON");
    await page.getByRole("button", { name: "Import pasted text" }).click();
    await page.getByRole("alert").filter({ hasText: "Nothing was imported" }).waitFor();
    await accessible(page, "a failed import");
    await page.getByRole("button", { name: "Import more" }).click();
    await page.getByLabel("Or paste the content of a file").fill(JSON.stringify(pets));
    await page.getByRole("button", { name: "Import pasted text" }).click();
    await page.getByText("Kept", { exact: true }).waitFor();
    await accessible(page, "the report of an import");
    await page.getByRole("button", { name: "Open the collection" }).click();
    await page.getByRole("heading", { name: "Pets" }).waitFor();

    // Open a request through the tree.
    const tree = page.getByRole("tree", { name: "Collections" });
    await tree.getByRole("treeitem", { name: "Dogs" }).click();
    await tree.getByRole("treeitem", { name: "GET List dogs" }).dblclick();
    const tabs = page.getByRole("navigation", { name: "Open tabs" });
    await tabs.getByRole("link", { name: /List dogs/ }).waitFor();
    await accessible(page, "a request");

    // An environment with a shared value, a local value and a secret.
    await page.getByRole("button", { name: "Environments", exact: true }).click();
    await page.getByRole("button", { name: "New environment" }).first().click();
    await page.getByLabel("Name", { exact: true }).fill("Staging");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("heading", { name: "Staging" }).waitFor();
    await page.getByRole("button", { name: "Environment: Staging" }).waitFor();
    await page.getByLabel("Name of a new variable").fill("base");
    await page.getByLabel("Shared value of base").fill("https://staging.example");
    await page.getByRole("textbox", { name: "Local value of base" }).fill("http://localhost:3000");
    await page.getByLabel("Name of a new variable").fill("token");
    await page.getByLabel("Type of token").selectOption("secret");
    await page.getByLabel("Shared value of token").fill("canary-secret-1");
    await tabs.getByRole("link", { name: /Staging.*not saved/ }).waitFor();
    await accessible(page, "an edited environment");
    await page.keyboard.press("Control+s");
    await page.getByText("Staging saved").waitFor();
    assert.equal(
      (await page.content()).includes("canary-secret-1"),
      false,
      "a saved secret is not in the page",
    );

    // Tomorrow.
    await page.reload();
    await page.getByRole("heading", { name: "Staging" }).waitFor();
    await page.getByRole("button", { name: "Environment: Staging" }).waitFor();
    assert.equal(await page.getByLabel("Shared value of base").inputValue(), "https://staging.example");
    assert.equal(
      await page.getByRole("textbox", { name: "Local value of base" }).inputValue(),
      "http://localhost:3000",
    );
    assert.equal(await page.getByLabel("Shared value of token").inputValue(), "");
    await page.getByRole("button", { name: /^Reveal token/ }).click();
    await page.getByLabel("Shared value of token").and(page.locator('[value="canary-secret-1"]')).waitFor();
    await tabs.getByRole("link", { name: /List dogs/ }).click();
    await page.getByRole("button", { name: "Variables now" }).click();
    await page.getByRole("button", { name: /^base is http:\/\/localhost:3000/ }).waitFor();
    await accessible(page, "the look at variables");
    await page.keyboard.press("Escape");

    // The local value never left this browser: another one sees the shared value.
    const elsewhere = await open();
    await elsewhere.goto(url);
    await elsewhere.getByRole("heading", { name: "Sign in" }).waitFor();
    await accessible(elsewhere, "the sign-in page");
    await elsewhere.getByLabel("Email").fill(ana.email);
    await elsewhere.getByLabel("Password").fill("not this one");
    await elsewhere.getByRole("button", { name: "Sign in" }).click();
    await elsewhere.getByText("The email or the password is wrong.").waitFor();
    await elsewhere.getByLabel("Password").fill(ana.password);
    await elsewhere.getByRole("button", { name: "Sign in" }).click();
    await elsewhere.getByRole("button", { name: "Environments", exact: true }).click();
    await elsewhere
      .getByRole("region", { name: "Environments" })
      .getByRole("button", { name: "Staging", exact: true })
      .click();
    assert.equal(await elsewhere.getByLabel("Shared value of base").inputValue(), "https://staging.example");
    assert.equal(await elsewhere.getByRole("textbox", { name: "Local value of base" }).inputValue(), "");
  },
);

journey("two people edit one environment and neither loses a word", async ({ url, open }) => {
  const first = await open();
  await setUp(first, url);
  await first.getByRole("button", { name: "Environments", exact: true }).click();
  await first.getByRole("button", { name: "New environment" }).first().click();
  await first.getByLabel("Name", { exact: true }).fill("Shared");
  await first.getByRole("button", { name: "Create", exact: true }).click();
  await first.getByLabel("Name of a new variable").fill("one");
  await first.getByLabel("Shared value of one").fill("1");
  await first.keyboard.press("Control+s");
  await first.getByText("Shared saved").waitFor();

  const second = await open();
  await signIn(second, first.url());
  await second.getByLabel("Name of a new variable").fill("two");
  await second.getByLabel("Shared value of two").fill("2");

  await first.getByLabel("Shared value of one").fill("first's");
  await first.keyboard.press("Control+s");
  await first.getByRole("button", { name: "Save" }).and(first.locator(":disabled")).waitFor();

  await second.keyboard.press("Control+s");
  await second.getByText("Someone else saved this while you were editing").waitFor();
  assert.equal(await second.getByLabel("Shared value of one").inputValue(), "first's");
  assert.equal(await second.getByLabel("Shared value of two").inputValue(), "2");
  await second.keyboard.press("Control+s");
  await second.getByRole("button", { name: "Save" }).and(second.locator(":disabled")).waitFor();
  await second.reload();
  assert.equal(await second.getByLabel("Shared value of two").inputValue(), "2");
});

journey("every page holds up to axe, in light and in dark", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addSample(page);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const look = (where: string) => accessible(page, `${where}, ${colorScheme}`);
    await page.getByRole("treeitem").first().click();
    for (const part of ["Overview", "Variables", "Authorization", "Scripts"]) {
      await page.getByRole("tab", { name: part }).click();
      await look(`a collection's ${part}`);
    }
    await page.getByRole("treeitem").first().click({ button: "right" });
    await page.getByRole("menuitem", { name: "Run" }).waitFor();
    await look("the menu of a collection");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: /^Search/ }).fill("e");
    await look("the search");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+/");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await look("the list of shortcuts");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "History", exact: true }).click();
    await look("the history");
    await page.getByRole("button", { name: "Console", exact: true }).click();
    await look("the console");
    await page.getByRole("button", { name: "Console", exact: true }).click();
    await page.getByRole("button", { name: "Collections", exact: true }).click();
    await page.getByRole("button", { name: /^Workspace:/ }).click();
    await page.getByRole("menuitem", { name: "Settings and members" }).click();
    await page.getByRole("heading", { name: "Members" }).waitFor();
    await look("the settings of a workspace");
    const back = page.url();
    await page.goto(`${url}/account`);
    await page.getByText("This one", { exact: true }).waitFor();
    await look("the account");
    await page.goto(`${url}/team`);
    await page.getByRole("button", { name: "Add a person" }).click();
    await page.getByRole("dialog").waitFor();
    await look("adding a person");
    await page.goto(back);
  }
});

const pets = {
  info: { name: "Pets", schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
  item: [
    {
      name: "Dogs",
      item: [
        {
          name: "List dogs",
          request: {
            method: "GET",
            header: [],
            url: { raw: "{{base}}/dogs", host: ["{{base}}"], path: ["dogs"] },
          },
          response: [{ name: "Two dogs", code: 200, status: "OK", header: [], body: "[]" }],
        },
      ],
    },
    { name: "Health", request: { method: "GET", url: "{{base}}/health" } },
  ],
};
