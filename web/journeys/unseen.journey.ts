import assert from "node:assert/strict";
import { accessible, addPerson, ana, journey, newWorkspace, pictured, setUp, signIn } from "./bulla";

const secret = "canary-nobody-sees-this";

journey(
  "a secret is sent to its host and to no other, and a colleague uses it without seeing it",
  async ({ url, open }) => {
    const page = await open();
    await setUp(page, url);
    await addPerson(page, url, "Bo Lund", "bo@example.com", /Developer/);
    await page.goto(url);
    const meta = (await (await page.request.get(`${url}/api/meta`)).json()) as { echoUrl: string };
    await newWorkspace(page, "Payments", "team");
    const there = page.url();

    // Ana sets the value and says where it may go.
    await page.getByRole("button", { name: "Environments", exact: true }).click();
    await page.getByRole("button", { name: "New environment" }).first().click();
    await page.getByLabel("Name", { exact: true }).fill("Live");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("heading", { name: "Live" }).waitFor();
    await page.getByLabel("Name of a new variable").fill("token");
    await page.getByLabel("Type of token").selectOption("secret");
    await page.getByLabel("Shared value of token").fill(secret);
    await page.getByRole("button", { name: "More for token" }).click();
    await page.getByText("Use without seeing…").click();
    const dialog = page.getByRole("dialog", { name: "Use token without seeing it" });
    await dialog.getByLabel("Hosts").fill(meta.echoUrl);
    await accessible(page, "binding a secret to hosts");
    await pictured(page, "unseen");
    await dialog.getByRole("button", { name: "Use without seeing" }).click();
    await page.keyboard.press("Control+s");
    await page.getByText("Live saved").waitFor();
    await page.getByRole("button", { name: /^token is used without being seen: at / }).waitFor();
    await page.getByRole("button", { name: /^Reveal token/ }).click();
    await page
      .getByLabel("Shared value of token")
      .and(page.locator(`[value="${secret}"]`))
      .waitFor();
    await accessible(page, "an environment with a value that is not seen");
    await pictured(page, "unseen-own");
    await page.getByRole("button", { name: "Hide token" }).click();

    // It is sent, and what repeats it is hidden from her too.
    await page.keyboard.press("Alt+n");
    const address = page.getByRole("combobox", { name: "Address" });
    const response = page.getByRole("region", { name: "Response" });
    await address.fill(`${meta.echoUrl}/get?token={{token}}`);
    await page.getByRole("button", { name: "Send", exact: true }).first().click();
    await response.getByText("200 OK", { exact: true }).waitFor();
    await response.getByRole("textbox", { name: "Response body" }).getByText("••••••").first().waitFor();
    await address.fill(`${meta.echoUrl.replace("127.0.0.1", "localhost")}/get?token={{token}}`);
    await page.getByRole("button", { name: "Send", exact: true }).first().click();
    await response
      .getByText(/bound to other hosts/)
      .first()
      .waitFor();
    await response.getByText(/may be sent to http:\/\/127\.0\.0\.1/).waitFor();
    await accessible(page, "a value that may not be sent there");
    await pictured(page, "unseen-refused");
    assert.equal((await page.content()).includes(secret), false, "the value came back in an answer");

    // Bo sees neither the value nor a way to have it sent elsewhere.
    const bo = await open();
    await signIn(bo, there, { email: "bo@example.com", password: ana.password });
    await bo.getByRole("button", { name: "Environments", exact: true }).click();
    await bo
      .getByRole("region", { name: "Environments" })
      .getByRole("button", { name: "Live", exact: true })
      .click();
    assert.equal(await bo.getByRole("button", { name: /^Reveal token/ }).count(), 0);
    await bo.getByRole("button", { name: /^token is used without being seen/ }).click();
    await bo.getByText(/Ana Petrova set this value/).waitFor();
    await accessible(bo, "a value of somebody else that is not seen");
    await pictured(bo, "unseen-others");
    await bo.getByRole("button", { name: "Done" }).click();
    assert.equal((await bo.content()).includes(secret), false, "the value came to Bo's browser");
  },
);
