import { accessible, addSample, journey, pictured, setUp } from "./bulla";

journey("what is deleted comes back from the trash", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await addSample(page);
  const menu = async (entry: string) => {
    await page.getByRole("button", { name: /^Workspace:/ }).click();
    await page.getByText(entry, { exact: true }).click();
  };

  // A collection: taken back at once, and from the trash.
  const collection = page.getByRole("treeitem").first();
  const name = (await collection.getAttribute("aria-label")) ?? (await collection.innerText());
  const remove = async () => {
    await collection.click();
    await page.getByRole("tree").focus();
    await page.keyboard.press("Delete");
    await page.getByText(/It can be restored from the trash for 30 days/).waitFor();
    await page.getByRole("button", { name: "Delete collection" }).click();
    await page.getByRole("treeitem").first().waitFor({ state: "detached" });
  };
  await remove();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("treeitem").first().waitFor();
  await remove();
  await menu("Trash");
  await page.getByRole("heading", { name: "Trash" }).waitFor();
  await page.getByRole("row", { name: /collection.* in 30 days/ }).waitFor();
  await accessible(page, "the trash of a workspace");
  await pictured(page, "trash");
  await page.getByRole("button", { name: /^Restore / }).click();
  await page.getByText("The trash is empty").waitFor();
  await page.getByRole("treeitem").first().waitFor();
  await accessible(page, `an empty trash, once ${name} is back`);

  // A workspace.
  await menu("New workspace…");
  await page.getByLabel("Name", { exact: true }).fill("Short-lived");
  await page.getByLabel("Who can open it").selectOption("team");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("heading", { name: "Short-lived" }).waitFor();
  const there = page.url();
  await menu("Settings and members");
  await page.getByRole("button", { name: "Delete workspace" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete workspace" }).click();
  await page.getByRole("button", { name: /^Workspace: My workspace/ }).waitFor();
  await page.goto(there);
  await page.getByText("There is nothing at this address").waitFor();
  await page.goto(`${url}/trash`);
  await page.getByRole("row", { name: /Short-lived.*workspace/ }).waitFor();
  await accessible(page, "deleted workspaces");
  await pictured(page, "deleted-workspaces");
  await page.getByRole("button", { name: "Restore Short-lived" }).click();
  await page.getByText("No deleted workspaces").waitFor();
  await page.goto(there);
  await page.getByRole("heading", { name: "Short-lived" }).waitFor();
});
