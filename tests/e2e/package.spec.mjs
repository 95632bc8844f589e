// The npm package: on a server, in a page that was built with it, and for the compiler.
import { expect, test } from "@playwright/test";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { servePages } from "./pages.mjs";

const run = promisify(execFile);
const root = new URL("../../", import.meta.url).pathname;

test("its types let through what works and nothing else", async () => {
  await run("node_modules/.bin/tsc", ["-p", "tests/package"], { cwd: root });
});

test("on a server it does nothing", async () => {
  const code = `import { attune, load } from "./packages/web/index.js";
    const same = load({ address: "/attune", site: "pk" }) === attune;
    const answers = await Promise.all([attune.track("a"), attune.decide("b"), attune.consent(), attune.mode]);
    console.log(JSON.stringify([same, "window" in globalThis, answers.every((answer) => answer === undefined)]));`;
  const { stdout } = await run("node", ["--input-type=module", "-e", code], { cwd: root });
  expect(JSON.parse(stdout)).toEqual([true, false, true]);
});

test("in a page it loads the tag once, and calls wait for it", async ({ page }) => {
  const pages = await servePages(process.env.ATTUNE_URL, process.env.ATTUNE_KEY);
  try {
    await page.goto(`${pages.origin}/built?site=${process.env.ATTUNE_KEY}`);
    await page.waitForFunction(() => window.attune?.mode === "full");
    await expect.poll(() => page.evaluate(() => window.told)).toMatchObject({ identified: true, refused: false, mode: "full" });
    expect((await page.evaluate(() => window.told)).decision).toMatchObject({ placement: "home-hero" });
    const events = await pages.until("built", (all) => all.some(({ name }) => name === "thing_done"), "an event");
    expect(events.filter(({ name }) => name === "thing_done").map(({ fields }) => fields)).toEqual([{ amount: 3 }]);
    expect(events.filter(({ name }) => name === "page_viewed")).toHaveLength(1);
    expect(events.filter(({ name }) => name === "group_joined").map(({ fields }) => fields)).toEqual([{ group: "acme", plan: "gold" }]);
    expect(events.filter(({ name }) => name === "aliased").map(({ fields }) => fields)).toEqual([{ previous: "cust_1" }]);
  } finally {
    await pages.stop();
  }
});
