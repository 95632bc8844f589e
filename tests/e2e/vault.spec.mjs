// The profile at rest: under a key that no script can read, or as it was where there is none, and never lost on the way.
import { expect, test } from "@playwright/test";
import { profileOf, servePages } from "./pages.mjs";
import { signIn } from "./stack.mjs";

let pages;
test.beforeAll(async () => {
  const api = await signIn(process.env.ATTUNE_URL);
  const site = `vault-${Date.now()}`;
  const { key } = await api("POST", "/api/sites", { name: site });
  const { body, version } = await api("GET", `/api/sites/${site}/settings`);
  await api("PUT", `/api/sites/${site}/settings`, { ...body, holdout_percent: 0 }, { "if-match": `"${version}"` });
  await api("POST", `/api/sites/${site}/placements`, { id: "home-hero" });
  await api("POST", `/api/sites/${site}/offers`, { id: "again", content: { en: { title: "Back again" } } });
  await api("POST", `/api/sites/${site}/campaigns`, {
    id: "returners", status: "running", placements: ["home-hero"], offers: ["again"],
    audience: { event: { name: "thing_done", within: "1d", at_least: 3 } },
  });
  pages = await servePages(process.env.ATTUNE_URL, key);
});
test.afterAll(() => pages.stop());

const raw = (page, part = "profile") =>
  page.evaluate((part) => Object.entries(localStorage).find(([name]) => name.endsWith(`:${part}`))?.[1] ?? "", part);
async function open(page, name = "plain") {
  await page.goto(`${pages.origin}/${name}`);
  await page.waitForFunction(() => window.attune?.mode === "full");
}
const act = (page) => page.evaluate(() => window.attune.track("thing_done"));
const decided = (page) => page.evaluate(() => window.attune.peek("home-hero").then(({ campaign }) => campaign));

test("what is learnt is sealed, and known again by the next page", async ({ page }) => {
  await open(page);
  for (let index = 0; index < 3; index++) await act(page);
  await expect.poll(() => raw(page)).toMatch(/^AE1/);
  await expect.poll(() => profileOf(page).catch(String)).toMatch(/^AP.*thing_done/s);
  expect(await raw(page)).not.toMatch(/thing_done|page_viewed/);
  const exported = await page.evaluate(async () => {
    const asked = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
    const database = await asked(indexedDB.open("attune"));
    const [key] = await asked(database.transaction("keys").objectStore("keys").getAll());
    database.close();
    return crypto.subtle.exportKey("raw", key).then(() => "exported", (error) => error.name);
  });
  expect(exported, "nobody gets the key").toBe("InvalidAccessError");
  await open(page);
  expect(await decided(page)).toBe("returners");
  expect(await page.evaluate(() => window.attune.why)).toBe("");
});

test("what happens as a page ends is known to the next one, once", async ({ page }) => {
  // Recorded while the page is being left: nothing asynchronous ends any more.
  await page.addInitScript(() => {
    addEventListener("pagehide", () => {
      if (!window.last) return;
      void window.attune.track("thing_done");
      void window.attune.track("thing_done");
    });
  });
  await open(page);
  await expect.poll(() => raw(page)).toMatch(/^AE1/);
  await act(page);
  await page.evaluate(() => (window.last = true));
  await open(page);
  const counts = () => profileOf(page).then((text) => /thing_done\x00([\x00-\x7f])/.exec(text)?.[1].charCodeAt(0), String);
  await expect.poll(counts).toBe(3);
  expect(await decided(page)).toBe("returners");
  await expect.poll(() => raw(page, "learn")).toBe("");
  await open(page);
  await expect.poll(counts).toBe(3);
});

test("without a database the profile lies as it is, which the mode says; with one it is sealed from then on", async ({ page }) => {
  await open(page, "no-database");
  await expect.poll(() => page.evaluate(() => [window.attune.mode, window.attune.why])).toEqual(["full", "not_encrypted"]);
  for (let index = 0; index < 3; index++) await act(page);
  await expect.poll(() => raw(page)).toMatch(/^AP.*thing_done/s);
  await open(page);
  expect(await decided(page), "what a version before left is read").toBe("returners");
  await act(page);
  await expect.poll(() => raw(page)).toMatch(/^AE1/);
});

test("to forget is to lose the key, and a profile of another key is nobody's", async ({ page }) => {
  await open(page);
  for (let index = 0; index < 3; index++) await act(page);
  await expect.poll(() => profileOf(page).catch(String)).toMatch(/thing_done/);
  const before = await raw(page);
  await page.evaluate(() => window.attune.forget());
  await expect.poll(() => raw(page).then((text) => text === before)).toBe(false);
  await page.waitForTimeout(300);
  await page.evaluate((text) => {
    const [name] = Object.keys(localStorage).filter((name) => name.endsWith(":consent"));
    localStorage.setItem(name.replace(":consent", ":profile"), text);
  }, before);
  await open(page);
  expect(await decided(page)).toBe(null);
  expect(await page.evaluate(() => window.attune.mode)).toBe("full");
});

test("two tabs know what both have learnt", async ({ page, context }) => {
  await open(page);
  const other = await context.newPage();
  await open(other);
  await expect.poll(() => raw(other)).toMatch(/^AE1/);
  for (let index = 0; index < 3; index++) await act(other);
  await expect.poll(() => decided(page)).toBe("returners");
});

test("a second tab that opens at once is the same visitor", async ({ page, context }) => {
  const other = await context.newPage();
  await open(page);
  const known = await raw(page, "who");
  expect(known, "written before anything that can wait").not.toBe("");
  await open(other);
  await act(other);
  await other.waitForTimeout(300);
  expect(JSON.parse(await raw(other, "who")).visitor).toBe(JSON.parse(known).visitor);
});

test("what one tab is told to forget, no other tab remembers", async ({ page, context }) => {
  const other = await context.newPage();
  await open(page);
  await open(other);
  for (let index = 0; index < 3; index++) await act(other);
  await expect.poll(() => decided(other)).toBe("returners");
  await expect.poll(() => raw(other)).toMatch(/^AE1/);
  const before = JSON.parse(await raw(other, "who")).visitor;
  await page.evaluate(() => window.attune.forget());
  await expect.poll(() => decided(other), "it decides for somebody new").not.toBe("returners");
  await act(other);
  await expect.poll(() => raw(other, "who")).not.toBe("");
  expect(JSON.parse(await raw(other, "who")).visitor).not.toBe(before);
  await other.waitForTimeout(500);
  await open(page);
  expect(await decided(page), "nothing of it came back").not.toBe("returners");
});

test("who signs out in one tab is nobody in the others", async ({ page, context }) => {
  const other = await context.newPage();
  await open(page);
  await open(other);
  await act(other);
  await expect.poll(() => raw(other, "who")).not.toBe("");
  const before = JSON.parse(await raw(other, "who")).visitor;
  await page.evaluate(() => window.attune.reset());
  await act(page);
  await expect.poll(async () => JSON.parse((await raw(page, "who")) || "{}").visitor).not.toBe(before);
  const after = JSON.parse(await raw(page, "who")).visitor;
  await act(other);
  await other.waitForTimeout(500);
  expect(JSON.parse(await raw(other, "who")).visitor, "both tabs are the same visitor").toBe(after);
});
