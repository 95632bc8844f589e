// What a page can still write as it is left: 200 events into localStorage and into IndexedDB, from `pagehide`, and then a
// look from the next page. `node tests/bench/durability/run.mjs [ROUNDS]`, with Chromium.
import { chromium } from "@playwright/test";
import { createServer } from "node:http";

const rounds = Number(process.argv[2] ?? 30);
const script = `
const database = new Promise((done) => {
  const request = indexedDB.open("bench", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("events", { autoIncrement: true });
  request.onsuccess = () => done(request.result);
});
const event = { id: "0123456789abcdef", name: "page_left", at: Date.now(), page: ["https://shop.test/some/where", "A page", ""], fields: [["engaged_ms", 1234]] };
const events = Array.from({ length: 200 }, () => event);
let open;
database.then((it) => (open = it));
window.ready = database.then(() => true);
addEventListener("pagehide", () => {
  if (!location.search) return;
  const started = performance.now();
  localStorage.setItem("queue", JSON.stringify(events));
  localStorage.setItem("ms", performance.now() - started);
  const store = open.transaction("events", "readwrite").objectStore("events");
  for (const each of events) store.add(each);
});
window.count = async () => {
  const store = (await database).transaction("events").objectStore("events");
  const kept = await new Promise((done) => { const asked = store.count(); asked.onsuccess = () => done(asked.result); });
  return { local: JSON.parse(localStorage.getItem("queue") ?? "[]").length, indexed: kept, ms: Number(localStorage.getItem("ms")) };
};`;
const server = createServer((request, response) => {
  const js = request.url.startsWith("/bench.js");
  response.writeHead(200, { "content-type": js ? "text/javascript" : "text/html", "cache-control": "no-store" });
  response.end(js ? script : "<!doctype html><script src=/bench.js></script>");
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const origin = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({ executablePath: process.env.ATTUNE_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const leave of ["navigate", "close"]) {
  const told = { local: 0, indexed: 0, ms: [] };
  for (let round = 0; round < rounds; round++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${origin}/?leaves`);
    await page.evaluate(() => window.ready);
    let next = page;
    if (leave === "navigate") await page.goto(`${origin}/`);
    else {
      await page.close({ runBeforeUnload: false });
      next = await context.newPage();
      await next.goto(`${origin}/`);
    }
    const counted = await next.evaluate(() => window.count());
    told.local += counted.local === 200;
    told.indexed += counted.indexed === 200;
    told.ms.push(counted.ms);
    await context.close();
  }
  const [p50] = told.ms.sort((a, b) => a - b).slice(told.ms.length / 2);
  console.log(`${leave}: localStorage kept all in ${told.local} of ${rounds}, IndexedDB in ${told.indexed}; 200 events to localStorage p50 ${p50.toFixed(2)} ms`);
}
await browser.close();
server.close();
