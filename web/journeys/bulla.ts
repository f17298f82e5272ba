/**
 * What every journey needs: a server of its own on an empty data folder, a browser, and an eye for accessibility.
 *
 * `BULLA_BIN` is the program, `BULLA_CHROMIUM` the browser.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const program = process.env["BULLA_BIN"] ?? "../target/debug/bulla";
const executablePath = process.env["BULLA_CHROMIUM"] ?? "/usr/bin/chromium";
const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The person every journey is about. */
export const ana = {
  name: "Ana Petrova",
  email: "ana@example.com",
  password: "four plain words here",
  team: "Acme",
};

export interface Journey {
  /** Where the server is. */
  url: string;
  browser: Browser;
  /** The server's data folder. */
  data: string;
  /** A window of its own: nothing is shared with other windows, not even the session. */
  open(options?: BrowserContextOptions): Promise<Page>;
}

/** A port of this machine that nobody listens on. */
async function freePort(): Promise<number> {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  await new Promise((resolve) => taken.close(resolve));
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

/**
 * A test in the browser; a screenshot of each window is kept if it fails. With `named` the server is found by a name,
 * without which there are no passkeys.
 */
export function journey(
  name: string,
  walk: (journey: Journey) => Promise<void>,
  { named = false }: { named?: boolean } = {},
) {
  test(name, { timeout: 180_000 }, async () => {
    const data = await mkdtemp(join(tmpdir(), "bulla-journey-"));
    const port = named ? await freePort() : 0;
    const here = `http://localhost:${port}`;
    const server = spawn(
      program,
      [
        "serve",
        "--data",
        data,
        "--listen",
        `127.0.0.1:${port}`,
        ...(named ? ["--public-url", here] : []),
        "--echo",
        "127.0.0.1:0",
        "--password-memory-mib",
        "19",
        "--password-passes",
        "2",
        "--test-clock",
        join(data, "clock"),
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } },
    );
    let browser: Browser | null = null;
    const pages: { page: Page; problems: string[] }[] = [];
    try {
      const listening = await addressOf(server);
      const url = named ? here : listening;
      browser = await chromium.launch({
        executablePath,
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
        ],
      });
      const opened = browser;
      await walk({
        url,
        browser,
        data,
        async open(options) {
          const context = await opened.newContext({ viewport: { width: 1280, height: 800 }, ...options });
          const page = await context.newPage();
          page.setDefaultTimeout(15_000);
          const problems: string[] = [];
          page.on("pageerror", (error) => problems.push(error.stack ?? error.message));
          pages.push({ page, problems });
          return page;
        },
      });
      assert.deepEqual(
        pages.flatMap(({ problems }) => problems),
        [],
        "the page threw",
      );
    } catch (problem) {
      await mkdir("screenshots", { recursive: true });
      for (const [index, { page }] of pages.entries())
        await page
          .screenshot({ path: `screenshots/${name.replace(/\W+/g, "-")}-${index}.png` })
          .catch(() => {});
      throw problem;
    } finally {
      await browser?.close();
      server.kill("SIGKILL");
      server.stdout?.destroy();
      server.stderr?.destroy();
      await rm(data, { recursive: true, force: true });
    }
  });
}

/** Waits until the server says where it listens. */
function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    setTimeout(
      () => reject(new Error(`${program} was not ready after 60 seconds:\n${said}`)),
      60_000,
    ).unref();
    server.stderr?.on("data", (part: Buffer) => (said += part.toString()));
    server.stdout?.on("data", (part: Buffer) => {
      said += part.toString();
      const url = said.match(/^Bulla is at (\S+)$/m)?.[1];
      if (url) resolve(url);
    });
    server.once("error", (problem) => reject(new Error(`cannot start ${program}: ${problem.message}`)));
    server.once("exit", (code) =>
      reject(new Error(`${program} ended with ${code} before it was ready:\n${said}`)),
    );
  });
}

/** Makes the first account, and comes to its workspace. */
export async function setUp(page: Page, url: string) {
  await page.goto(url);
  await page.getByLabel("Your name").fill(ana.name);
  await page.getByLabel("Email").fill(ana.email);
  await page.getByLabel("Password").fill(ana.password);
  await page.getByRole("textbox", { name: "Team" }).fill(ana.team);
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.getByRole("button", { name: /^Account/ }).waitFor();
  await enterWorkspace(page);
}

/** Signs in and comes to an address. */
export async function signIn(page: Page, address: string, who: { email: string; password: string } = ana) {
  await page.goto(address);
  await page.getByLabel("Email").fill(who.email);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Sections" }).waitFor();
}

/** Comes to a workspace: the one there is, or a new one. */
export async function enterWorkspace(page: Page) {
  const create = page.getByRole("button", { name: "New workspace" });
  const inside = page.getByRole("navigation", { name: "Sections" });
  await create.or(inside).first().waitFor();
  if (await inside.isVisible()) return;
  await create.click();
  await page.getByLabel("Name", { exact: true }).fill("Payments");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await inside.waitFor();
}

/** Adds somebody to the team, with a role whose label fits, and the password of Ana. */
export async function addPerson(page: Page, url: string, name: string, email: string, role: RegExp) {
  await page.goto(`${url}/team`);
  await page.getByRole("button", { name: "Add a person" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Email").fill(email);
  await dialog.getByLabel("First password").fill(ana.password);
  const labels = await dialog.getByLabel("Role").locator("option").allTextContents();
  await dialog.getByLabel("Role").selectOption({ label: labels.find((label) => role.test(label)) ?? "" });
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("row", { name: new RegExp(name) }).waitFor();
}

/** Chooses an entry of the menu of the workspace. */
export async function workspaceMenu(page: Page, entry: string) {
  await page.getByRole("button", { name: /^Workspace:/ }).click();
  await page.getByText(entry, { exact: true }).click();
}

/** Makes a workspace and comes to it. */
export async function newWorkspace(page: Page, name: string, kind: string) {
  await workspaceMenu(page, "New workspace…");
  const dialog = page.getByRole("dialog", { name: "New workspace" });
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Who can open it").selectOption(kind);
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("heading", { name }).waitFor();
}

/** Moves the clock of the server on, so many days from now. */
export async function moveClock(data: string, days: number) {
  await writeFile(join(data, "clock"), String(days * 24 * 3600));
}

/** Adds the sample collection and waits until it is in the tree. */
export async function addSample(page: Page) {
  await page
    .getByRole("button", { name: /Add the sample/ })
    .first()
    .click();
  await page.getByRole("treeitem").first().waitFor();
}

/**
 * Keeps a picture of the page, light and dark, in each width, if `BULLA_PICTURES` names a folder for them: people look
 * at them, tests do not.
 */
export async function pictured(page: Page, name: string) {
  const folder = process.env["BULLA_PICTURES"];
  if (folder === undefined) return;
  const before = page.viewportSize();
  for (const width of [1280, 1600])
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: width === 1280 ? 800 : 1000 });
      // Colours begin to change with the next frame; from then on the screenshot ends their change.
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      const path = join(folder, `${name}-${width}-${colorScheme}.png`);
      await page.screenshot({ path, animations: "disabled" });
    }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
}

/** Fails if axe finds something serious or critical on the page as it is now. */
export async function accessible(page: Page, where: string) {
  // What is still moving is neither what was nor what will be.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))),
  );
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    // The line before has put axe there.
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, help, nodes }) =>
        nodes
          .slice(0, 4)
          .map((node) => `${id}: ${help}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ""}`),
      );
  });
  assert.deepEqual(found, [], `axe on ${where}`);
}
