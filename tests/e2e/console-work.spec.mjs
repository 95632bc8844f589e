// What a marketer does in the console, against a running server with a site that has placements and offers.
// ATTUNE_URL, ATTUNE_PASSWORD and ATTUNE_SITE as in console.spec.mjs.
import { expect, test } from "@playwright/test";

const base = process.env.ATTUNE_URL ?? "http://127.0.0.1:8700";
const site = process.env.ATTUNE_SITE ?? "demo";
const api = `/api/sites/${site}`;
// What a browser would send with a change; the server refuses changes from elsewhere.
const origin = new URL(base).origin;

test.use({ baseURL: base });

async function open(page, path) {
  await page.addInitScript(() => localStorage.setItem("attune-lang", "en"));
  await page.goto(`/console/sites/${site}/${path}`);
  await page.getByLabel("Password").fill(process.env.ATTUNE_PASSWORD ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator(".shell").waitFor();
}

const key = async (page) => {
  const sites = await (await page.request.get("/api/sites")).json();
  return sites.find((known) => known.name === site).key;
};

const unique = () => Math.random().toString(36).slice(2, 8);

async function send(page, name, properties, url = "https://bank.example/live") {
  const now = Date.now();
  const answer = await page.request.post("/v1/batch", {
    // As the browser says it: a client of its own name would be flagged, and left out of every answer.
    headers: { "user-agent": await page.evaluate(() => navigator.userAgent) },
    data: {
      site: await key(page),
      visitor: "e2e",
      sent_at: now,
      consent: { measure: "granted" },
      events: [{ id: unique(), name, at: now, page: { url, title: "Live page" }, properties }],
    },
  });
  expect(answer.ok()).toBe(true);
}

test("a wrong password is said, a right one leads where the address points", async ({ page }) => {
  await page.goto(`/console/sites/${site}/offers`);
  await page.getByLabel(/Password|비밀번호/).fill("wrong wrong wrong");
  await page.locator("form button.primary").click();
  await expect(page.getByRole("alert")).toBeVisible();
  await page.getByLabel(/Password|비밀번호/).fill(process.env.ATTUNE_PASSWORD ?? "");
  await page.locator("form button.primary").click();
  await expect(page).toHaveURL(new RegExp(`/console/sites/${site}/offers`));
  await expect(page.locator("h1")).toBeVisible();
});

test("a campaign is written, previewed, launched, paused and deleted", async ({ page }) => {
  await open(page, "campaigns/new");
  const name = `E2E ${unique()}`;
  await page.getByLabel("Name", { exact: true }).fill(name);
  await expect(page.locator("h1")).toContainText(name);
  await page.getByLabel("Priority").fill("900");

  await page.getByRole("tab", { name: "Offers & placement" }).click();
  const preview = page.getByRole("complementary");
  // A place of its own, so that no other campaign can win it.
  const place = `e2e-${unique()}`;
  for (const box of await page.getByRole("group", { name: "Placements" }).getByRole("checkbox", { checked: true }).all()) await box.uncheck();
  await page.getByText("New placement").click();
  await page.getByLabel("Name in the page").fill(place);
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("checkbox", { name: place })).toBeChecked();
  await expect(preview.getByText("has no offers")).toBeVisible();
  const offers = page.getByRole("group", { name: "Offers" }).getByRole("checkbox");
  await offers.first().check();
  await expect(preview.getByText("Shows an offer")).toBeVisible();

  await page.getByRole("tab", { name: "Audience" }).click();
  await page.getByLabel("Only visitors who match a rule").check();
  const event = page.getByRole("tabpanel").getByLabel("Event", { exact: true });
  await event.fill("form_submitted");
  await expect(event).toBeFocused();
  await expect(preview.getByText("Shows an offer")).toBeHidden();
  await preview.getByText("Every step of the decision").click();
  await expect(preview.locator(".trace")).toContainText("Audience");
  await event.fill("item_viewed");
  await expect(preview.getByText("Shows an offer")).toBeVisible();

  // The JSON is the same definition, both ways.
  await page.getByRole("tab", { name: "JSON" }).click();
  const json = page.getByLabel("The same campaign as JSON");
  await json.fill((await json.inputValue()).replace('"priority": 900', '"priority": 901'));
  await page.getByRole("tab", { name: "Goal" }).click();
  await expect(page.getByLabel("Priority")).toHaveValue("901");

  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page).toHaveURL(/campaigns\/e2e-/);
  await page.getByRole("button", { name: "Launch" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Launch" }).click();
  await expect(page.locator("h1")).toContainText("Running");
  const id = decodeURIComponent(page.url().split("/").pop());
  await expect.poll(async () => (await (await page.request.get(`${api}/campaigns/${id}`)).json()).body.status).toBe("running");

  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await expect(page.locator("h1")).toContainText("Paused");
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page).toHaveURL(/campaigns$/);
  await expect(page.getByText(name)).toBeHidden();
  await page.request.delete(`${api}/placements/${place}`, { headers: { origin, "if-match": "1" } });
});

test("a conflict shows both versions and loses neither", async ({ page }) => {
  await open(page, "audiences");
  const id = `e2e-${unique()}`;
  const rule = { all: [{ event: { name: "item_viewed", at_least: 1 } }] };
  await page.request.post(`${api}/audiences`, { headers: { origin }, data: { id, name: "Before", rule } });
  await page.goto(`/console/sites/${site}/audiences/${id}`);
  await page.getByLabel("Name", { exact: true }).fill("Mine");
  const other = await page.request.put(`${api}/audiences/${id}`, {
    headers: { origin, "if-match": "1" },
    data: { id, name: "Theirs", rule },
  });
  expect(other.ok()).toBe(true);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText('"Mine"');
  await expect(dialog).toContainText('"Theirs"');
  await dialog.getByRole("button", { name: "Back to editing" }).click();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Mine");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.getByRole("button", { name: "Save mine over theirs" }).click();
  await expect.poll(async () => (await (await page.request.get(`${api}/audiences/${id}`)).json()).body.name).toBe("Mine");
  await page.request.delete(`${api}/audiences/${id}`, { headers: { origin, "if-match": "3" } });
});

test("live shows what arrives, holds still while a row is read, and filters", async ({ page }) => {
  await open(page, "live");
  await expect(page.getByText("Listening")).toBeVisible();
  const colour = unique();
  await send(page, "element_clicked", { colour });
  const row = page.locator(".live-row").first();
  await expect(row).toContainText("element_clicked");
  await row.locator("summary").click();
  await expect(row).toContainText(colour);
  await expect(page.getByText(/Paused/)).toBeVisible();
  await send(page, "page_viewed", {});
  await expect(page.getByText("1 waiting")).toBeVisible();
  await expect(page.locator(".live-row")).toHaveCount(1);
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(page.locator(".live-row")).toHaveCount(2);
  await page.getByLabel("Event", { exact: true }).fill("page_viewed");
  await expect(page.locator(".live-row")).toHaveCount(1);
});

test("a funnel is built by keyboard and its address holds it", async ({ page }) => {
  await open(page, "funnels");
  // Somebody to break down, also when no other file's visitors came before.
  await send(page, "form_started", {});
  await page.getByRole("button", { name: "Application" }).click();
  await expect(page.getByText("Overall conversion").first()).toBeVisible();
  await expect(page).toHaveURL(/step=item_viewed&step=form_started&step=form_submitted/);
  await page.getByRole("textbox", { name: "or another event" }).or(page.getByRole("combobox", { name: "or another event" })).first().focus();
  await page.keyboard.press("Alt+ArrowDown");
  await expect(page).toHaveURL(/step=form_started&step=item_viewed/);
  await page.getByRole("button", { name: "Add step" }).click();
  await expect(page.locator(".step").last().locator("input")).toBeFocused();
  await page.keyboard.type("page_viewed");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/step=form_submitted&step=page_viewed/);
  await page.getByLabel("Break down by").selectOption("device");
  // What was sent above is in the answer within seconds, not at once.
  await expect(async () => {
    await page.reload();
    await expect(page.locator(".step")).toHaveCount(4);
    await expect(page.locator("table")).toHaveCount(2, { timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
  await page.getByText("SQL", { exact: true }).click();
  await expect(page.getByText(/select/i).first()).toBeVisible();
});

test("the tag page turns green when the first event arrives", async ({ page }) => {
  await open(page, "home");
  const name = `e2e-${unique()}`;
  const made = await (await page.request.post("/api/sites", { headers: { origin }, data: { name, origins: [] } })).json();
  await page.goto(`/console/sites/${name}/tag`);
  await expect(page.getByText("Waiting for the first event")).toBeVisible();
  await expect(page.getByText(`tag.js?site=${made.key}`)).toBeVisible();
  const now = Date.now();
  await page.request.post("/v1/batch", {
    data: {
      site: made.key, visitor: "e2e", sent_at: now, consent: { measure: "granted" },
      events: [{ id: unique(), name: "page_viewed", at: now, page: { url: "https://bank.example/" } }],
    },
  });
  await expect(page.getByText("The tag works")).toBeVisible({ timeout: 10_000 });
});

test("settings save, and the language changes without losing a draft", async ({ page }) => {
  await open(page, "settings");
  const holdout = page.getByLabel("Global holdout, %");
  const before = await holdout.inputValue();
  await holdout.fill("7.5");
  await page.getByLabel("Language").selectOption("ko");
  await expect(page.locator("html")).toHaveAttribute("lang", "ko");
  await expect(page.getByLabel("전체 홀드아웃, %")).toHaveValue("7.5");
  await page.getByLabel("언어").selectOption("en");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText(/Version \d+/)).toBeVisible();
  await holdout.fill(before);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("button", { name: "Save", exact: true })).toBeDisabled();
});

test("what is drawn anew keeps the focus and what was opened", async ({ page }) => {
  await open(page, "campaigns/new");
  const explanation = page.locator("details", { hasText: "Every step of the decision" });
  await explanation.locator("summary").click();
  await page.getByLabel("Consent").selectOption("denied");
  await expect(page.locator(".decision")).toContainText("No consent");
  await expect(explanation).toHaveAttribute("open", "");

  await page.getByRole("tab", { name: "Rules & caps" }).click();
  const caps = page.getByRole("tabpanel", { name: "Rules & caps" });
  await page.getByRole("button", { name: "Add cap" }).click();
  await page.getByRole("button", { name: "Add cap" }).click();
  const bins = caps.getByRole("button", { name: "Remove" });
  await expect(bins).toHaveCount(2);
  await bins.first().focus();
  await page.keyboard.press("Enter");
  await expect(bins).toHaveCount(1);
  await expect(bins).toBeFocused();
});
