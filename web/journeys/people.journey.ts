import type { Page } from "playwright-core";
import { accessible, ana, journey, newWorkspace, pictured, setUp, signIn } from "./bulla";

/** Opens the newest mail to this address and returns where its button leads. */
async function linkTo(page: Page, url: string, email: string): Promise<string> {
  await page.goto(`${url}/team/outbox`);
  await page
    .getByRole("button", { name: `Open the mail to ${email}` })
    .first()
    .click();
  const text = await page.getByRole("dialog").locator("pre").innerText();
  const link = text.match(/http\S+\/invite#\S+/)?.[0];
  if (!link) throw new Error(`no link in: ${text}`);
  await page.getByRole("button", { name: "Close" }).last().click();
  return link;
}

journey("people come in by mail and by a link, and a suggestion is decided", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await page.goto(`${url}/team/invites`);
  await page.getByText("Nobody is invited").waitFor();
  await accessible(page, "no invites");

  // By mail.
  await page.getByRole("button", { name: "Invite people" }).click();
  await page.getByLabel("Email addresses").fill("bo@example.com, ana@example.com");
  await accessible(page, "inviting people");
  await pictured(page, "invite-people");
  await page.getByRole("button", { name: "Send 2" }).click();
  await page.getByRole("row", { name: /bo@example.com Invited/ }).waitFor();
  await page.getByRole("row", { name: /ana@example.com Is in the team already/ }).waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  const link = await linkTo(page, url, "bo@example.com");
  const bo = await open();
  await bo.goto(link);
  await bo.getByRole("heading", { name: `Join ${ana.team}` }).waitFor();
  if (bo.url().includes("#")) throw new Error("the secret stays in the address");
  await accessible(bo, "an invitation");
  await pictured(bo, "invitation");
  await bo.getByLabel("Your name").fill("Bo Lund");
  await bo.getByLabel("Password").fill("bo@example.com");
  await bo.getByRole("button", { name: "Join the team" }).click();
  await bo.getByText(/harder to guess/).waitFor();
  await bo.getByLabel("Password").fill(ana.password);
  await bo.getByRole("button", { name: "Join the team" }).click();
  await bo.getByRole("button", { name: /^Account/ }).waitFor();

  // It works once.
  const late = await open();
  await late.goto(link);
  await late.getByRole("heading", { name: "This invitation is over" }).waitFor();
  await accessible(late, "an invitation that is over");
  await pictured(late, "invitation-over");

  // A Developer suggests, and an Admin decides.
  await bo.goto(`${url}/team/invites`);
  await bo.getByText("You suggested nobody").waitFor();
  await bo.getByRole("button", { name: "Suggest people" }).click();
  await bo.getByLabel("Email addresses").fill("eve@example.com");
  await bo.getByLabel("Why (for the Admins)").fill("She wrote the payment service");
  await bo.getByRole("button", { name: "Send", exact: true }).click();
  await bo.getByRole("row", { name: /eve@example.com Suggested to the Admins/ }).waitFor();
  await bo.getByRole("button", { name: "Done" }).click();
  await bo.getByText("Waits for an Admin").waitFor();

  // A link for many.
  await page.goto(`${url}/team/invites`);
  await page.getByRole("row", { name: /She wrote the payment service/ }).waitFor();
  await page.getByRole("button", { name: "New link" }).click();
  await page.getByRole("button", { name: "Make the link" }).click();
  const many = await page.getByLabel("Link", { exact: true }).inputValue();
  await accessible(page, "an invite link");
  await pictured(page, "invite-link");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("heading", { name: "Invite links" }).waitFor();
  await accessible(page, "invites, links and suggestions");
  await pictured(page, "invites");
  await page.getByRole("button", { name: "Approve eve@example.com" }).click();
  await page.getByRole("row", { name: /eve@example.com Developer/ }).waitFor();

  const cleo = await open();
  await cleo.goto(many);
  await cleo.getByLabel("Your email").fill("cleo@example.com");
  await accessible(cleo, "a link");
  await pictured(cleo, "asking-by-link");
  await cleo.getByRole("button", { name: "Send me an invitation" }).click();
  await cleo.getByRole("heading", { name: "Look at your mail" }).waitFor();
  await cleo.goto(await linkTo(page, url, "cleo@example.com"));
  await cleo.getByLabel("Your name").fill("Cleo Kern");
  await cleo.getByLabel("Password").fill(ana.password);
  await cleo.getByRole("button", { name: "Join the team" }).click();
  await cleo.getByRole("button", { name: /^Account/ }).waitFor();

  // Deleted, it is dead at once.
  await page.goto(`${url}/team/invites`);
  await page.getByRole("button", { name: /^Delete the link/ }).click();
  await page.getByRole("button", { name: "Delete link" }).click();
  await page.getByRole("button", { name: /^Delete the link/ }).waitFor({ state: "detached" });
  const dead = await open();
  await dead.goto(many);
  await dead.getByRole("heading", { name: "This invitation is over" }).waitFor();
});

journey("an invite brings somebody into a group and gives a role in a workspace", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await newWorkspace(page, "Secret plans", "private");
  const there = page.url();
  await page.goto(`${url}/team/groups`);
  await page.getByRole("button", { name: "New group" }).click();
  await page.getByLabel("Name", { exact: true }).fill("QA");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("button", { name: "Open QA" }).waitFor();

  await page.goto(`${url}/team/invites`);
  await page.getByRole("button", { name: "Invite people" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite people" });
  await dialog.getByLabel("Email addresses").fill("bo@example.com");
  await dialog.getByRole("group", { name: "Groups that they come into" }).getByLabel("QA").check();
  await dialog.getByLabel(/^A workspace that they get a role in/).selectOption({ label: "Secret plans" });
  await dialog.getByLabel("What they are in it").selectOption("editor");
  await accessible(page, "inviting into a group and a workspace");
  await pictured(page, "invite-into");
  await dialog.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByRole("row", { name: /bo@example.com Invited/ }).waitFor();
  await page.getByRole("button", { name: "Done" }).click();

  const bo = await open();
  await bo.goto(await linkTo(page, url, "bo@example.com"));
  await bo.getByLabel("Your name").fill("Bo Lund");
  await bo.getByLabel("Password").fill(ana.password);
  await bo.getByRole("button", { name: "Join the team" }).click();
  await bo.getByRole("button", { name: /^Account/ }).waitFor();
  await bo.goto(there);
  await bo.getByText("You are an editor").waitFor();
  await page.goto(`${url}/team/groups`);
  await page.getByRole("row", { name: /QA 1 Developer/ }).waitFor();
});

journey("a member is removed, and what only they owned goes to another", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await page.goto(`${url}/team`);
  for (const [name, email] of [
    ["Bo Lund", "bo@example.com"],
    ["Cleo Kern", "cleo@example.com"],
  ] as const) {
    await page.getByRole("button", { name: "Add a person" }).click();
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("First password").fill(ana.password);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("row", { name: new RegExp(name) }).waitFor();
  }
  const bo = await open();
  await signIn(bo, url, { email: "bo@example.com", password: ana.password });

  // Found, filtered, and asked about.
  await page.getByLabel("Find", { exact: true }).fill("lund");
  await page.getByRole("row", { name: /Cleo Kern/ }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "More about Bo Lund" }).click();
  await page.getByRole("menuitem", { name: "What they can open" }).click();
  await page
    .getByRole("dialog", { name: "What Bo Lund can open" })
    .getByText(/My workspace|No workspace/)
    .first()
    .waitFor();
  await accessible(page, "what somebody can open");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByLabel("Find", { exact: true }).fill("");
  await page.getByLabel("Status").selectOption("without-factor");
  await page.getByRole("row", { name: /Cleo Kern/ }).waitFor();
  await accessible(page, "the members");
  await pictured(page, "members");

  // Removed, after it is said who gets the workspace.
  await page.getByRole("button", { name: "More about Bo Lund" }).click();
  await page.getByRole("menuitem", { name: "Remove from the team" }).click();
  const dialog = page.getByRole("dialog", { name: "Remove Bo Lund from the team?" });
  await dialog.getByText("One workspace would have no owner.").waitFor();
  await dialog.getByLabel("Who gets them").selectOption({ label: "Cleo Kern (cleo@example.com)" });
  await accessible(page, "removing somebody");
  await pictured(page, "removal");
  await dialog.getByRole("button", { name: "Remove", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("row", { name: /Cleo Kern/ }).waitFor();
  await page.getByRole("row", { name: /Bo Lund/ }).waitFor({ state: "detached" });
  await bo.reload();
  await bo.getByRole("heading", { name: "Sign in" }).waitFor();
  const cleo = await open();
  await signIn(cleo, url, { email: "cleo@example.com", password: ana.password });
  await cleo.getByRole("button", { name: /^Workspace:/ }).click();
  await cleo.getByText("My workspace (Bo Lund)").first().waitFor();

  // Several at once, each with a result.
  await page.getByLabel("Choose Cleo Kern").check();
  await page.getByLabel(`Choose ${ana.name}`).check();
  await page.getByRole("button", { name: "Change their roles" }).click();
  await page.getByRole("button", { name: "Change roles", exact: true }).click();
  await page.getByRole("row", { name: /Cleo Kern Done/ }).waitFor();
  await page.getByRole("row", { name: /Ana Petrova .*no Super Admin left/ }).waitFor();
  await accessible(page, "what became of each");
  await pictured(page, "bulk");
  await page.getByRole("button", { name: "Done" }).click();

  // A member leaves.
  await cleo.goto(`${url}/account`);
  await cleo.getByRole("button", { name: "Leave the team" }).click();
  const leaving = cleo.getByRole("dialog", { name: "Leave the team?" });
  await leaving.getByText("2 workspaces would have no owner.").waitFor();
  await leaving.getByLabel("Who gets them").selectOption({ label: `${ana.name} (${ana.email})` });
  await pictured(cleo, "leaving");
  await leaving.getByRole("button", { name: "Leave the team" }).click();
  await cleo.getByRole("heading", { name: "Sign in" }).waitFor();
});

journey("a plan says what it has, and what lies dormant before it is changed", async ({ url, open }) => {
  const page = await open();
  await setUp(page, url);
  await page.goto(`${url}/team/plan`);
  await page.getByRole("heading", { name: "1 seat is taken" }).waitFor();
  await page.getByRole("row", { name: /Ana Petrova .* Ana Petrova is Super Admin/ }).waitFor();
  await accessible(page, "plan and seats");
  await pictured(page, "plan");
  await page.getByRole("button", { name: "Change to Basic" }).click();
  const dialog = page.getByRole("dialog", { name: "Change to Basic?" });
  await dialog.getByText("Nobody can read the audit log; it is still written.").waitFor();
  await accessible(page, "what lies dormant");
  await pictured(page, "plan-change");
  await dialog.getByRole("button", { name: "Change to Basic" }).click();
  await page.getByRole("button", { name: "Change to Enterprise" }).waitFor();
  await page.goto(`${url}/team/groups`);
  await page.getByText("Your team needs the plan Enterprise").waitFor();
});
