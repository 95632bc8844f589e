// Placements that show several offers by a template, and placements that the page draws itself.
import { expect, test } from "@playwright/test";
import { servePages } from "./pages.mjs";
import { signIn } from "./stack.mjs";

let pages;
test.beforeAll(async () => {
  const api = await signIn(process.env.ATTUNE_URL);
  const site = `lists-${Date.now()}`;
  const { key } = await api("POST", "/api/sites", { name: site });
  const { body, version } = await api("GET", `/api/sites/${site}/settings`);
  await api("PUT", `/api/sites/${site}/settings`, { ...body, holdout_percent: 0 }, { "if-match": `"${version}"` });
  for (const id of ["cards", "own"]) await api("POST", `/api/sites/${site}/placements`, { id });
  for (const [index, id] of ["sky", "sea", "land"].entries()) {
    const content = { en: { title: `The ${id} card`, url: id === "sea" ? "javascript:alert(1)" : `/cards/${id}` } };
    await api("POST", `/api/sites/${site}/offers`, { id, weight: 3 - index, content });
  }
  const campaign = { status: "running", offers: ["sky", "sea", "land"], rank: { weight: 1 } };
  for (const id of ["cards", "own"]) await api("POST", `/api/sites/${site}/campaigns`, { ...campaign, id, placements: [id] });
  pages = await servePages(process.env.ATTUNE_URL, key);
});
test.afterAll(() => pages.stop());
test.beforeEach(() => (pages.received.length = 0));

const items = (page) => page.locator("[data-attune-placement=cards] > li").allTextContents();

test("a list shows a copy of its template for each offer, each exposed and clicked by itself", async ({ page }) => {
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  await page.goto(`${pages.origin}/list`);
  await expect.poll(() => items(page)).toEqual(["The sky card Not for me", "The sea card Not for me"]);
  const links = await page.locator(".card a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  expect(links, "an address that runs is none").toEqual(["/cards/sky", "/"]);
  await page.evaluate(() => document.addEventListener("click", (event) => event.preventDefault()));
  await page.click(".card:nth-of-type(2) a");
  const exposed = (all) => all.filter(({ name, fields }) => name === "offer_exposed" && fields.placement === "cards").map(({ fields }) => fields.offer);
  const events = await pages.until("list", (all) => exposed(all).length === 2, "exposures");
  expect(exposed(events).sort()).toEqual(["sea", "sky"]);
  await page.goto(`${pages.origin}/blank`);
  const all = await pages.until("list", (told) => told.some(({ name }) => name === "offer_clicked"), "the click");
  expect(all.find(({ name }) => name === "offer_clicked").fields.offer).toBe("sea");
  expect(wrong).toEqual([]);
});

test("dismissing, or a no, brings the default items back as they were", async ({ page }) => {
  await page.goto(`${pages.origin}/list`);
  await expect.poll(() => items(page)).toHaveLength(2);
  await expect.poll(() => items(page).then(([first]) => first)).toBe("The sky card Not for me");
  await page.evaluate(() => window.attune.consent({ personalise: false }));
  await expect.poll(() => items(page)).toEqual(["The default", "Another default"]);
  await page.evaluate(() => window.attune.consent({ personalise: true }));
  await expect.poll(() => items(page).then(([first]) => first)).toBe("The sky card Not for me");
  await page.click(".card:nth-of-type(1) [data-attune-dismiss]");
  await expect.poll(() => items(page)).toEqual(["The default", "Another default"]);
});

test("a page that draws a placement itself is told what to show, and when not to", async ({ page }) => {
  await page.goto(`${pages.origin}/list`);
  await expect(page.locator("#own")).toHaveText("sky: The sky card");
  await page.evaluate(() => window.attune.consent({ personalise: false }));
  await expect(page.locator("#own")).toHaveText("nothing");
});
