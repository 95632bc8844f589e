// The examples that draw by themselves, under strict policies, in a real browser: a single-page application (Vue), and an
// application whose server asks what to show (Next.js, React).
import { expect, test } from "@playwright/test";
import { execFile, spawn } from "node:child_process";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { decode } from "../batch.mjs";
import { freePort, signIn, until } from "./stack.mjs";

const run = promisify(execFile);
const url = process.env.ATTUNE_URL;
const root = new URL("../../", import.meta.url).pathname;

let key;
test.beforeAll(async () => {
  const api = await signIn(url);
  const site = `frameworks-${Date.now()}`;
  ({ key } = await api("POST", "/api/sites", { name: site }));
  const { body, version } = await api("GET", `/api/sites/${site}/settings`);
  await api("PUT", `/api/sites/${site}/settings`, { ...body, holdout_percent: 0 }, { "if-match": `"${version}"` });
  await api("POST", `/api/sites/${site}/placements`, { id: "home-hero" });
  await api("POST", `/api/sites/${site}/offers`, { id: "sea", content: { en: { title: "Off to the sea" } } });
  await api("POST", `/api/sites/${site}/offers`, { id: "sky", content: { en: { title: "The sky card for you" } } });
  await api("POST", `/api/sites/${site}/campaigns`, { id: "everybody", status: "running", placements: ["home-hero"], offers: ["sea"], priority: 1 });
  await api("POST", `/api/sites/${site}/campaigns`, {
    id: "travellers", status: "running", placements: ["home-hero"], offers: ["sky"], priority: 9,
    audience: { event: { name: "page_viewed", where: { category: "travel" }, within: "7d", at_least: 1 } },
  });
});

// Starts a server and ends it with the tests of this file.
const ends = [];
test.afterAll(() => Promise.all(ends.map((end) => end())));
async function serve(command, args, options, address) {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"], ...options });
  const ended = new Promise((done) => child.once("exit", done));
  ends.push(() => (child.kill(), ended));
  await until(async () => (await fetch(address)).ok, address);
  return address;
}

// What goes wrong in a page, what it sends, and every text that its headline in the placement has had.
async function watch(page) {
  const [wrong, events, swaps] = [[], [], []];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => /error|warning/.test(message.type()) && !/Failed to load resource/.test(message.text()) && wrong.push(message.text()));
  page.on("request", (request) => request.url().endsWith("/v1/batch") && events.push(...decode(request.postDataBuffer()).events));
  await page.exposeFunction("swapped", (text) => swaps.at(-1) !== text && swaps.push(text));
  await page.addInitScript(() => {
    const tell = () => {
      const shown = document.querySelector("attune-placement :is(h1, h2)");
      if (shown) window.swapped(shown.textContent);
    };
    // After each frame: what nobody could see is no swap.
    const look = () => (tell(), requestAnimationFrame(look));
    requestAnimationFrame(look);
  });
  return { wrong, events, swaps };
}
const views = (events) => [...new Map(events.map((event) => [event.id, event])).values()].filter(({ name }) => name === "page_viewed").map(({ url }) => new URL(url).pathname);

test("a single-page application counts each route once and decides anew for each", async ({ page }) => {
  const port = await freePort();
  const arguments_ = ["examples/spa/server.mjs", "--listen", `127.0.0.1:${port}`, "--collector", url, "--site-key", key];
  const spa = await serve("node", arguments_, { cwd: root }, `http://127.0.0.1:${port}/`);
  const { wrong, events, swaps } = await watch(page);
  await page.goto(spa);
  const hero = page.locator("attune-placement h2");
  await expect(hero).toHaveText("One card for ordinary days");
  await page.click("#allow");
  await expect(hero).toHaveText("Off to the sea");
  await page.click("text=The sky card");
  await expect(page.locator("h1")).toHaveText("The sky card");
  await page.waitForTimeout(300);
  await page.click("text=Offers");
  await expect(hero).toHaveText("The sky card for you");
  await page.waitForTimeout(300);
  await page.goBack();
  await expect(page.locator("h1")).toHaveText("The sky card");
  await page.waitForTimeout(300);
  await page.click("text=Home");
  await expect(hero).toHaveText("The sky card for you");
  await page.evaluate(() => window.attune.consent({ personalise: false }));
  await expect(hero).toHaveText("One card for ordinary days");
  expect(swaps.slice(0, 2)).toEqual(["One card for ordinary days", "Off to the sea"]);
  await expect.poll(() => views(events)).toEqual(expect.arrayContaining(["/cards", "/offers", "/"]));
  expect(views(events).filter((path) => path !== "/")).toEqual(["/cards", "/offers", "/cards"]);
  expect(wrong).toEqual([]);
});

test("an application prints what the server decided, and goes on with it in the page", async ({ page, context }) => {
  test.setTimeout(240_000);
  const folder = join(root, "examples/next");
  const lock = await readFile(join(folder, "package-lock.json"), "utf8");
  const seen = join(folder, "node_modules/.attune-lock");
  if ((await readFile(seen, "utf8").catch(() => "")) !== lock) {
    // Not `npm ci`: which of Next's programs for other systems a registry has differs.
    await run("npm", ["install", "--no-save", "--ignore-scripts"], { cwd: folder });
    await writeFile(seen, lock);
  }
  for (const name of ["web", "react"]) await cp(join(root, "packages", name), join(folder, "node_modules", `attune-${name}`), { recursive: true });
  const port = await freePort();
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production", ATTUNE_COLLECTOR: url, ATTUNE_SITE: key, COOKIE_DOMAIN: "127.0.0.1" };
  const next = join(folder, "node_modules/.bin/next");
  await run(next, ["build", "--webpack"], { cwd: folder, env });
  const shop = await serve(next, ["start", "--hostname", "127.0.0.1", "--port", String(port)], { cwd: folder, env }, `http://127.0.0.1:${port}/`);

  const { wrong, events, swaps } = await watch(page);
  const answer = await page.goto(shop);
  const policy = answer.headers()["content-security-policy"];
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
  const hero = page.locator("attune-placement h1");
  await expect(hero).toHaveText("One card for ordinary days");
  // React hears clicks once it has taken over.
  await page.waitForFunction(() => Object.keys(document.querySelector("#allow")).some((name) => name.startsWith("__reactProps")));
  await page.click("#allow");
  await expect(page.locator("#allow")).toHaveCount(0);
  expect(wrong).toEqual([]);
  await expect(hero).toHaveText("Off to the sea");
  await expect.poll(async () => (await context.cookies()).map(({ name }) => name).sort()).toEqual(["attune_visitor", "choice"]);

  // The server knows the visitor now, and the first paint is the offer.
  swaps.length = events.length = 0;
  const printed = await (await page.reload()).text();
  expect(printed).toContain("<h1>Off to the sea</h1>");
  const { decision } = JSON.parse(/data-attune-decision[^>]*>(.*?)<\/script>/.exec(printed)[1]);
  await page.waitForFunction(() => window.attune?.mode === "full");
  await expect.poll(() => events.filter(({ name }) => name === "offer_exposed").map(({ fields }) => fields.decision)).toEqual([decision.id]);
  await expect(hero).toHaveText("Off to the sea");
  expect(swaps, "it never flickers").toEqual(["Off to the sea"]);

  await page.click("text=The sky card");
  await expect(page.locator("h1")).toHaveText("The sky card");
  await page.waitForTimeout(500);
  await page.click("nav >> text=Cards");
  await expect(hero).toHaveText("The sky card for you");
  await expect.poll(() => views(events)).toEqual(["/", "/cards/sky", "/"]);

  // An answer that is not the page's own bundle's: what is printed gives way to what the device decides.
  await page.route(shop, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replaceAll(decision.bundle, "0".repeat(decision.bundle.length)) });
  });
  await page.reload();
  await expect(hero).toHaveText("The sky card for you");
  expect(wrong, "no error, no warning of hydration").toEqual([]);
});

test("the helpers stay thin, and may be imported on a server", async () => {
  for (const name of ["react", "vue"]) {
    const { outputFiles } = await build({
      entryPoints: [join(root, `packages/${name}/index.js`)], bundle: true, minify: true, format: "esm", write: false,
      external: [name], alias: { "attune-web/placements": join(root, "packages/web/placements.js"), "attune-web": join(root, "packages/web/index.js") },
    });
    const own = await build({ entryPoints: [join(root, `packages/${name}/index.js`)], minify: true, format: "esm", write: false });
    expect(brotliCompressSync(own.outputFiles[0].contents).length).toBeLessThan(500);
    // With all it needs of the package that types the calls.
    expect(brotliCompressSync(outputFiles[0].contents).length).toBeLessThan(1_500);
    const { stdout } = await run("node", ["--input-type=module", "-e", `const { Placement } = await import("data:text/javascript,${encodeURIComponent(outputFiles[0].text.replaceAll(`"${name}"`, `"${import.meta.resolve(name)}"`))}"); console.log(JSON.stringify([typeof Placement, "window" in globalThis]));`], { cwd: root });
    expect(JSON.parse(stdout)).toEqual([name === "react" ? "function" : "object", false]);
  }
});
