import { accessible, addSample, ana, journey, newWorkspace, pictured, setUp, workspaceMenu } from "./bulla";

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
