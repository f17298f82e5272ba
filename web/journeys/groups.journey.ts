import { accessible, ana, journey, pictured, setUp, signIn } from "./bulla";

journey("a group is given a role in a workspace, and a refusal is explained", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await page.goto(`${url}/team`);
  await page.getByRole("button", { name: "Add a person" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Bo Lund");
  await page.getByLabel("Email").fill("bo@example.com");
  await page.getByLabel("First password").fill(ana.password);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("row", { name: /Bo Lund/ }).waitFor();

  // A group with Bo in it.
  await page.getByRole("link", { name: "Groups" }).click();
  await page.getByText("No groups yet").waitFor();
  await accessible(page, "no groups");
  await page.getByRole("button", { name: "New group" }).click();
  await page.getByLabel("Name", { exact: true }).fill("QA");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("button", { name: "Open QA" }).click();
  await page.getByLabel("Add a person").selectOption({ label: "Bo Lund (bo@example.com)" });
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page
    .getByRole("dialog", { name: "QA" })
    .getByRole("row", { name: /Bo Lund/ })
    .waitFor();
  await accessible(page, "a group");
  await pictured(page, "group");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("row", { name: /QA 1 Developer/ }).waitFor();

  // A private workspace that Bo cannot see, until the group may read it.
  await page.goto(url);
  await page.getByRole("navigation", { name: "Sections" }).waitFor();
  await page.getByRole("button", { name: /^Workspace:/ }).click();
  await page
    .getByRole("menuitem", { name: "New workspace" })
    .or(page.getByText("New workspace"))
    .first()
    .click();
  await page.getByLabel("Name", { exact: true }).fill("Secret plans");
  await page.getByLabel("Who can open it").selectOption("private");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("heading", { name: "Secret plans" }).waitFor();
  const there = page.url();
  const other = await open();
  await signIn(other, url, { email: "bo@example.com", password: ana.password });
  await other.goto(there);
  await other.getByText("There is nothing at this address").waitFor();

  await page.goto(`${there}/settings`);
  await page.getByLabel("Add a person or a group").selectOption({ label: "Group QA" });
  await page.getByLabel("Role", { exact: true }).selectOption("viewer");
  await page.locator("form").getByText("Add", { exact: true }).click();
  await page.getByRole("row", { name: /QA.*Group of 1/ }).waitFor();
  await page.getByRole("button", { name: "Who can open this" }).click();
  const who = page.getByRole("dialog", { name: "Who can open this" });
  await who.getByText("Bo Lund is viewer of the workspace through the group QA").waitFor();
  await who.getByRole("button", { name: "Explain what Bo Lund may do" }).click();
  await who.getByLabel("Why may Bo Lund").selectOption("workspace.update");
  await who.getByText(/can give Bo Lund the role owner/).waitFor();
  await accessible(page, "who can open a workspace");
  await pictured(page, "who-can-open");

  // Bo opens it, and is told why the settings are closed to him.
  await other.goto(`${there}/settings`);
  await other.getByRole("button", { name: "Why can’t I?" }).click();
  const why = other.getByRole("dialog", { name: "Why you can’t change this" });
  await why.getByText("You are viewer of the workspace through the group QA.").waitFor();
  await why.getByText(/an owner of the workspace can give you the role owner/).waitFor();
  await accessible(other, "an explained refusal");
  await pictured(other, "refusal");
});
