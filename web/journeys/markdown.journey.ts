import assert from "node:assert/strict";
import { accessible, addPerson, ana, journey, newWorkspace, pictured, setUp, signIn } from "./bulla";

const description = [
  "# How to pay",
  "",
  "Send **one** request, as the [handbook](https://handbook.example/pay) says.",
  "",
  "| field | what it is |",
  "| --- | --- |",
  "| amount | in cents |",
  "",
  "- [x] tested",
  "",
  "![a picture](https://tracker.example/pixel.png)",
  "",
  '<img src="https://tracker.example/html.png" onerror="document.title=\'taken\'">',
  "",
  "[run](javascript:alert(1)) and [here](/sign-in)",
].join("\n");

/** A collection with the description, in the workspace that the page is in. */
const file = JSON.stringify({
  info: {
    name: "Pay",
    description,
    schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
  },
  item: [],
});

journey(
  "what somebody wrote in Markdown is read as it is meant, and fetches nothing",
  async ({ url, open }) => {
    const page = await open();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await setUp(page, url);
    await addPerson(page, url, "Bo Lund", "bo@example.com", /Developer/);
    await page.goto(url);
    await newWorkspace(page, "Payments", "team");
    const there = page.url();
    await page.getByRole("button", { name: "Import", exact: true }).first().click();
    await page.getByLabel("Files to import").setInputFiles({
      name: "pay.postman_collection.json",
      mimeType: "application/json",
      buffer: Buffer.from(file),
    });
    await page.getByText("Kept", { exact: true }).first().waitFor();
    await page.keyboard.press("Escape");

    // An editor writes it, and reads it as others do.
    await page.getByRole("treeitem", { name: "Pay" }).click();
    await page.getByLabel("Description", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Read it as others do" }).click();
    const read = page.getByRole("region", { name: "Description as it is read" });
    await read.getByRole("heading", { name: "How to pay" }).waitFor();
    await accessible(page, "a description as it is read");
    await pictured(page, "description");

    // A viewer reads it, and nothing of it is a script, a picture or a way into the app.
    const bo = await open();
    bo.on("request", (request) => asked.push(request.url()));
    await signIn(bo, there, { email: "bo@example.com", password: ana.password });
    await bo.getByRole("treeitem", { name: "Pay" }).click();
    const seen = bo.getByRole("region", { name: "Description" });
    const link = seen.getByRole("link", { name: "handbook" });
    await link.waitFor();
    assert.equal(await link.getAttribute("rel"), "noopener noreferrer nofollow ugc");
    assert.equal(await link.getAttribute("target"), "_blank");
    await seen.getByRole("cell", { name: "in cents" }).waitFor();
    const picture = seen.getByRole("link", { name: "Picture: a picture" });
    assert.equal(await picture.getAttribute("href"), "https://tracker.example/pixel.png");
    assert.equal(await seen.getByRole("img").count(), 0);
    assert.equal(await seen.getByRole("link", { name: "run" }).count(), 0);
    assert.equal(await seen.getByRole("link", { name: "here" }).count(), 0);
    assert.notEqual(await bo.title(), "taken");
    await accessible(bo, "a description that one may only read");
    assert.deepEqual(
      asked.filter((address) => address.includes("example/")),
      [],
      "nothing that a description names is fetched",
    );
  },
);
