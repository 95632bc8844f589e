// docs/integrate.md, done literally: its files in an empty folder, its commands, its pages in a real browser.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { chromium } from "@playwright/test";
import { freePort, password, startStack, until } from "../e2e/stack.mjs";

const ends = [];
after(async () => {
  for (const end of ends.reverse()) await end();
});

function run(args, cwd) {
  const child = spawn("node", args, { cwd, stdio: "inherit" });
  const ended = new Promise((done) => child.once("exit", done));
  return { ended, stop: () => (child.kill(), ended) };
}

test("a stranger gets from an empty folder to a personal page", async () => {
  // What the guide starts by hand; ports are the only thing that differs from it.
  const stack = await startStack({ site: "shop", seed: false });
  ends.push(() => stack.stop());
  const folder = await mkdtemp(join(tmpdir(), "attune-guide-"));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const text = await readFile(new URL("../../docs/integrate.md", import.meta.url), "utf8");
  const files = [...text.matchAll(/```\w+ title=(\S+)\n([\s\S]*?)```/g)];
  assert.deepEqual(files.map(([, name]) => name), ["server.mjs", "index.html", "travel.html", "choice.js", "documents.mjs"]);
  for (const [, name, body] of files) {
    const here = body.replaceAll("8700", new URL(stack.url).port).replaceAll("3000", port).replaceAll("pk_…", stack.key);
    await writeFile(join(folder, name), here);
  }

  const server = run(["server.mjs"], folder);
  ends.push(server.stop);
  const shop = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(shop)).ok, "the shop");
  assert.equal(await run(["documents.mjs", password], folder).ended, 0);

  const browser = await chromium.launch({
    executablePath: process.env.ATTUNE_CHROMIUM ?? "/usr/bin/chromium",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  ends.push(() => browser.close());
  // One visitor in twenty is in the holdout, as the guide says: the next one is somebody else.
  let shown;
  for (let visitor = 0; visitor < 4 && shown !== "Off to the sea"; visitor++) {
    const page = await (await browser.newContext({ locale: "en-US" })).newPage();
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.location().url.endsWith("/favicon.ico")) complaints.push(message.text());
    });
    await page.goto(shop);
    await page.waitForFunction(() => window.attune?.mode);
    assert.equal(await page.textContent("h1"), "Everything for every day");
    await page.click("#allow");
    await page.click("a");
    await page.waitForFunction(() => window.attune?.mode);
    await page.click("a");
    const changed = page.waitForFunction(() => document.querySelector("h1").textContent !== "Everything for every day");
    await changed.catch(() => {});
    shown = await page.textContent("h1");
    if (shown === "Off to the sea") {
      await page.click("text=Why this?");
      assert.equal(await page.textContent("[data-attune-why-text]"), "You looked at travel pages.");
    }
    assert.deepEqual(complaints, []);
    await page.close();
  }
  assert.equal(shown, "Off to the sea");
});
