// The template for Google Tag Manager: of the form that Google specifies, its sandboxed script run against stand-ins of the
// sandbox's interface, and what it does against the real tag's queue. Tag Manager itself was not to be had.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const text = readFileSync(new URL("packages/gtm/template.tpl", root), "utf8");
const sections = Object.fromEntries([...text.matchAll(/^___([A-Z_]+)___\n\n([\s\S]*?)(?=^___[A-Z_]+___$|$(?![\s\S]))/gm)].map(([, name, body]) => [name, body.trim()]));
const json = (name) => JSON.parse(sections[name]);
const script = sections.SANDBOXED_JS_FOR_WEB_TEMPLATE;
const permissions = Object.fromEntries(json("WEB_PERMISSIONS").map(({ instance: { key, param } }) => [key.publicId, param]));
const granted = (name) => permissions[name][0].value.listItem.map((item) => item.string ?? item.mapValue[0].string);

// Runs the script as the sandbox does: what it requires, its data, and only what its permissions let through.
function run(data, { window = {}, consent = {}, loads = true } = {}) {
  const told = { injected: [], listeners: {}, success: 0, failure: 0, required: [] };
  const may = (name, value) => assert.ok(granted(name).some((one) => (one.endsWith("*") ? value.startsWith(one.slice(0, -1)) : one === value)), `${name}: ${value} is not permitted`);
  const place = (path) => path.split(".").slice(0, -1).reduce((at, name) => at[name], window);
  const sandbox = {
    copyFromWindow: (path) => (may("access_globals", path), structuredCloneOf(window[path])),
    setInWindow(path, value, override) {
      may("access_globals", path);
      const name = path.split(".").at(-1);
      if (override || place(path)[name] === undefined) place(path)[name] = value;
      return true;
    },
    createQueue(name) {
      may("access_globals", name);
      window[name] ??= [];
      return (entry) => window[name].push(entry);
    },
    injectScript(url, success, failure, cacheToken) {
      may("inject_script", url);
      assert.equal(typeof cacheToken, "string");
      told.injected.push(url);
      (loads ? success : failure)();
    },
    isConsentGranted: (type) => (may("access_consent", type), consent[type] === "granted"),
    addConsentListener(type, listener) {
      may("access_consent", type);
      told.listeners[type] = listener;
    },
    makeTableMap: (table, key, value) => Object.fromEntries(table.map((row) => [row[key], row[value]])),
  };
  const require = (name) => {
    told.required.push(name);
    assert.ok(Object.hasOwn(sandbox, name), `${name} is not of the sandbox that is stood in for`);
    return sandbox[name];
  };
  const own = { ...data, gtmOnSuccess: () => told.success++, gtmOnFailure: () => told.failure++ };
  // No globals of a browser or of Node, as in the sandbox.
  new Function("require", "data", "window", "document", "globalThis", "process", `"use strict";${script}`)(require, own);
  return { ...told, window };
}
const structuredCloneOf = (value) => value && { ...value };
const URL_ = "https://www.example.com/attune/tag.js";
const LOAD = { action: "load", address: URL_, site: "pk_1" };

test("it has the sections and the fields that Tag Manager reads", () => {
  assert.deepEqual(Object.keys(sections), ["INFO", "TEMPLATE_PARAMETERS", "SANDBOXED_JS_FOR_WEB_TEMPLATE", "WEB_PERMISSIONS", "TESTS", "NOTES"]);
  const { type, displayName, containerContexts } = json("INFO");
  assert.deepEqual([type, displayName, containerContexts], ["TAG", "Attune", ["WEB"]]);
  const names = json("TEMPLATE_PARAMETERS").map(({ name }) => name);
  const used = [...script.matchAll(/\bdata\.(\w+)/g)].map(([, name]) => name).filter((name) => !name.startsWith("gtm"));
  assert.deepEqual([...new Set(used)].sort(), [...names].sort(), "every parameter is used, and nothing else");
  const pattern = (name) => new RegExp(json("TEMPLATE_PARAMETERS").find((one) => one.name === name).valueValidators[0].args[0]);
  assert.ok(pattern("address").test(URL_) && !pattern("address").test("http://a/tag.js") && !pattern("address").test("https://a/x.js"));
  assert.ok(pattern("site").test("pk_Ab1") && !pattern("site").test("sk_1"));
  for (const name of run(LOAD).required) assert.ok(script.includes(`require('${name}')`));
});

test("it loads the tag once, and says for which site", () => {
  const { window, injected, success } = run(LOAD);
  assert.deepEqual([injected, success, window.attune.tag], [[URL_], 1, { src: URL_, dataset: { site: "pk_1" } }]);
  const again = run(LOAD, { window });
  assert.deepEqual([again.injected, again.success], [[], 1]);
  assert.deepEqual(run(LOAD, { window: { attune: { began: 1 } } }).injected, []);
  const away = run(LOAD, { loads: false });
  assert.deepEqual([away.success, away.failure], [0, 1]);
});

test("an address that is not permitted is not loaded", () => {
  assert.throws(() => run({ ...LOAD, address: "https://elsewhere.example/tag.js" }), /not permitted/);
});

test("consent mode's answers become the visitor's, and a default of denied is none", () => {
  const { window, listeners } = run({ ...LOAD, consentMode: true }, { consent: { analytics_storage: "granted" } });
  const answers = () => window.attune.filter(([name]) => name === "consent").map(([, said]) => said);
  assert.deepEqual(answers(), [{ measure: true }]);
  listeners.personalization_storage("personalization_storage", true);
  listeners.analytics_storage("analytics_storage", false);
  listeners.ad_user_data("ad_user_data", false);
  assert.deepEqual(answers().slice(1), [{ personalise: true }, { measure: false }, { share: false }]);
  assert.deepEqual(run(LOAD, { consent: { analytics_storage: "granted" } }).listeners, {});
});

test("it records events and tells who is signed in, before the tag has come", () => {
  const fields = [{ name: "amount", value: 3 }, { name: "plan", value: "gold" }];
  const told = run({ action: "track", event: "quote_requested", fields });
  assert.deepEqual([told.window.attune, told.success], [[["track", "quote_requested", { amount: 3, plan: "gold" }]], 1]);
  assert.deepEqual(run({ action: "identify", user: "cust_1" }).window.attune, [["identify", "cust_1", {}]]);
});

test("the real loader takes the queue as the template leaves it", async () => {
  const { window } = run(LOAD);
  const loader = readFileSync(new URL("tag/loader.js", root), "utf8").replaceAll(/PINNED|WHOLE/g, "false").replaceAll("import(", "loads(");
  const imported = [];
  const page = { window, document: { currentScript: null }, location: { href: "https://www.example.com/" }, addEventListener() {}, loads: (url) => (imported.push(url), new Promise(() => {})) };
  new Function(...Object.keys(page), loader)(...Object.values(page));
  await new Promise(setImmediate);
  assert.deepEqual(imported, ["https://www.example.com/attune/sdk/__SDK__"]);
});
