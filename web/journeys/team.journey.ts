import { accessible, ana, journey, pictured, setUp, signIn } from "./bulla";

journey(
  "an admin adds people and changes their roles, and the last Super Admin stays",
  async ({ url, open }) => {
    const page = await open();
    await setUp(page, url);
    await page.goto(`${url}/team`);
    await page.getByRole("button", { name: "Add a person" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Bo Lund");
    await page.getByLabel("Email").fill("bo@example.com");
    await page.getByLabel("First password").fill(ana.password);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    const bo = page.getByRole("row", { name: /Bo Lund/ });
    await bo.getByText("Developer", { exact: true }).waitFor();

    // Bo sees who is there, and may change nothing.
    const other = await open();
    await signIn(other, url, { email: "bo@example.com", password: ana.password });
    await other.goto(`${url}/team`);
    await other.getByRole("row", { name: /Bo Lund/ }).waitFor();
    await other.getByRole("button", { name: "Add a person" }).waitFor({ state: "detached" });
    await other.getByRole("button", { name: /^Change roles/ }).waitFor({ state: "detached" });

    await page.getByRole("button", { name: "Change roles of Bo Lund" }).click();
    await page.getByRole("dialog", { name: "Roles of Bo Lund" }).waitFor();
    await page.getByLabel(/^Admin:/).check();
    await accessible(page, "the roles of a person");
    await pictured(page, "roles");
    await page.getByRole("button", { name: "Save" }).click();
    await bo.getByText("Admin, Developer").waitFor();

    // It holds at once, and has its bounds.
    await other.reload();
    await other.getByRole("button", { name: `Change roles of ${ana.name}` }).click();
    await other.getByLabel(/^Super Admin:/).uncheck();
    await other.getByLabel(/^Developer:/).check();
    await other.getByRole("button", { name: "Save" }).click();
    await other.getByText(/only a Super Admin gives or takes the role Super Admin/).waitFor();
    await page.getByRole("button", { name: `Change roles of ${ana.name}` }).click();
    await page.getByLabel(/^Super Admin:/).uncheck();
    await page.getByLabel(/^Admin:/).check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText(/The team would have no Super Admin left/).waitFor();
    await accessible(page, "roles that cannot be changed");
  },
);

journey(
  "a new password needs the old one, is hard to guess, and ends other sessions",
  async ({ url, open }) => {
    const page = await open();
    await setUp(page, url);
    const other = await open();
    await signIn(other, url);
    await page.goto(`${url}/account`);
    const change = async (current: string, password: string) => {
      await page.getByLabel("Current password").fill(current);
      await page.getByLabel("New password").fill(password);
      await page.getByRole("button", { name: "Change password" }).click();
    };
    await change("not the one", "a kettle under seven moons");
    await page.getByText("This is not your password").waitFor();
    await change(ana.password, "ana@example.com");
    await page.getByText(/Choose a password that is harder to guess/).waitFor();
    await accessible(page, "a refused password");
    await pictured(page, "password");
    await change(ana.password, "a kettle under seven moons");
    await page.getByText(/Your password is changed/).waitFor();
    await other.reload();
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
    await signIn(other, url, { email: ana.email, password: "a kettle under seven moons" });
  },
);
