import {
  accessible,
  addPerson,
  addSample,
  ana,
  journey,
  newWorkspace,
  pictured,
  setUp,
  signIn,
  workspaceMenu,
} from "./bulla";

journey("strangers read a public workspace, and nothing else", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await newWorkspace(page, "Partner API", "team");
  await addSample(page);
  await workspaceMenu(page, "Settings and members");
  await page.getByRole("button", { name: "Change visibility" }).click();
  const dialog = page.getByRole("dialog", { name: "Change who can open this" });
  await dialog.getByLabel("Who can open it").selectOption("public");
  await dialog.getByLabel("I have looked at what strangers will see").check();
  await dialog.getByRole("button", { name: "Change visibility" }).click();
  await page.getByText("Everyone can open this workspace.", { exact: true }).waitFor();
  const id = page.url().split("/")[4] ?? "";

  // Nobody in particular is let in by this server.
  const nobody = await open();
  await nobody.goto(`${url}/public/${id}`);
  await nobody.getByText("Sign in to read this").waitFor();
  await accessible(nobody, "a public workspace that asks to sign in");
  await pictured(nobody, "public-sign-in");
  await nobody.getByRole("link", { name: "Sign in" }).first().click();
  await nobody.getByLabel("Email").fill(ana.email);
  await nobody.getByLabel("Password").fill(ana.password);
  await nobody.getByRole("button", { name: "Sign in" }).click();
  await nobody.getByText(`A public workspace of ${ana.team}. You can read it, and nothing else.`).waitFor();
  await nobody.getByRole("treeitem").nth(1).waitFor();
  await accessible(nobody, "a public workspace");
  await pictured(nobody, "public-workspace");
  await nobody.getByRole("treeitem").first().click();
  await nobody.getByRole("heading", { name: "Variables" }).waitFor();
  await nobody.getByRole("tree").focus();
  await nobody.keyboard.press("ArrowRight");
  await nobody.getByRole("treeitem").nth(1).waitFor();
  await nobody.keyboard.press("End");
  await nobody.keyboard.press("Enter");
  await nobody.getByRole("article").locator("code").first().waitFor();
  await accessible(nobody, "a public request");
  await pictured(nobody, "public-request");
  await nobody.getByRole("button", { name: "Globals" }).click();
  await nobody.getByText("It has no variables.").waitFor();
  await nobody.reload();
  await nobody.getByText("It has no variables.").waitFor();

  // What is public no more looks like what never was.
  await nobody.goto(`${url}/public/${"0".repeat(36)}`);
  await nobody.getByText("There is nothing at this address").waitFor();
  await accessible(nobody, "a public workspace that is none");
});

journey("public workspaces are made, listed and found", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await newWorkspace(page, "Partner API", "public");
  await page.getByText("Everybody can read this workspace now.").waitFor();
  await newWorkspace(page, "Secret plans", "private");
  await workspaceMenu(page, "Public workspaces");
  await page.getByRole("heading", { name: "Public workspaces" }).waitFor();
  await page.getByRole("link", { name: "Partner API" }).waitFor();
  await accessible(page, "the list of public workspaces");
  await pictured(page, "public-workspaces");
  await page.getByText("Secret plans").waitFor({ state: "detached" });
  await page.getByLabel("Search").fill("nothing like it");
  await page.getByText("Nothing fits what you typed").waitFor();
  await page.getByLabel("Search").fill("partner");
  await page.getByRole("link", { name: "Partner API" }).click();
  await page.getByText(`A public workspace of ${ana.team}. You can read it, and nothing else.`).waitFor();

  // A Developer of a team with a Community Manager asks for it.
  await addPerson(page, url, "Cora Manager", "cora@example.com", /Community/);
  await addPerson(page, url, "Bo Lund", "bo@example.com", /Developer/);
  const bo = await open();
  await signIn(bo, url, { email: "bo@example.com", password: ana.password });
  await workspaceMenu(bo, "New workspace…");
  const dialog = bo.getByRole("dialog", { name: "New workspace" });
  await dialog.getByLabel("Name", { exact: true }).fill("Bo’s API");
  await dialog.getByLabel("Who can open it").selectOption("public");
  await accessible(bo, "a new public workspace");
  await pictured(bo, "new-public-workspace");
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await bo.getByText("A Community Manager is asked. Until they answer, your team can open it.").waitFor();
  await bo.getByRole("heading", { name: "Bo’s API" }).waitFor();
  await bo.goto(`${url}/public`);
  await bo.getByRole("link", { name: "Partner API" }).waitFor();
  await bo.getByRole("link", { name: "Bo’s API" }).waitFor({ state: "detached" });
});
