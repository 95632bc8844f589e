// Walks every screen of the console: accessible, within the viewport, silent.
// ATTUNE_URL, ATTUNE_PASSWORD and ATTUNE_SITE name a running server, its admin's password and a site.
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";

const base = process.env.ATTUNE_URL ?? "http://127.0.0.1:8700";
const site = process.env.ATTUNE_SITE ?? "demo";
const shots = process.env.ATTUNE_SHOTS;
const tags = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];

test.use({ baseURL: base });


const screens = [
  "home",
  "live",
  "funnels?step=item_viewed&step=form_started&step=form_submitted&days=30&by=device",
  "campaigns",
  "campaigns/new",
  "offers",
  "offers/new",
  "audiences",
  "audiences/new",
  "tag",
  "settings",
];

/** Collects everything the browser complains about. */
function listen(page) {
  const complaints = [];
  page.on("console", (message) => {
    // Asking who is signed in before signing in is answered with 401, which browsers report by themselves.
    if (message.type() === "error" && !message.text().includes("401")) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return complaints;
}

async function signIn(page, { lang = "en", theme = "light" } = {}) {
  await page.addInitScript(
    ([lang, theme]) => {
      localStorage.setItem("attune-lang", lang);
      localStorage.setItem("attune-theme", theme);
    },
    [lang, theme],
  );
  await page.goto("/console/");
  await page.locator('input[autocomplete="username"]').fill("admin");
  await page.locator('input[type="password"]').fill(process.env.ATTUNE_PASSWORD ?? "");
  await page.locator("form button.primary").click();
  await page.locator(".shell").waitFor();
}

async function settle(page) {
  await page.locator("#page h1").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".skeleton, [aria-busy=true]"), null, { timeout: 15_000 });
  await page.waitForTimeout(250);
}

async function examine(page, name) {
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 4).join(" | ")}`);
  expect.soft(found, `${name}: axe`).toEqual([]);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect.soft(over, `${name}: horizontal overflow`).toBeLessThanOrEqual(0);
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
}

for (const [width, lang, theme] of [
  [1280, "en", "light"],
  [1280, "ko", "dark"],
  [390, "ko", "light"],
  [390, "en", "dark"],
]) {
  test(`every screen at ${width} px, ${lang}, ${theme}`, async ({ page }) => {
    test.setTimeout(240_000);
    const complaints = listen(page);
    await page.setViewportSize({ width, height: 900 });
    await page.addInitScript(([l, t]) => { localStorage.setItem("attune-lang", l); localStorage.setItem("attune-theme", t); }, [lang, theme]);
    await page.goto("/console/");
    await page.locator("form").waitFor();
    await examine(page, `${width}-${lang}-${theme}-sign-in`);
    await signIn(page, { lang, theme });
    const editable = [...screens];
    for (const kind of ["campaigns", "offers", "audiences"]) {
      const list = await (await page.request.get(`/api/sites/${site}/${kind}`)).json();
      if (list.length) editable.push(`${kind}/${list[0].body.id}`);
    }
    for (const screen of editable) {
      await page.goto(`/console/sites/${site}/${screen}`);
      await settle(page);
      const name = `${width}-${lang}-${theme}-${screen.split("?")[0].replaceAll("/", "-")}`;
      await examine(page, name);
      const tabs = page.locator("[role=tab]");
      for (let index = 1; screen.startsWith("campaigns/") && index < (await tabs.count()); index++) {
        await tabs.nth(index).click();
        await page.waitForTimeout(100);
        await examine(page, `${name}-tab${index}`);
      }
    }
    expect(complaints).toEqual([]);
  });
}
