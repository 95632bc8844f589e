// Firefox as it is, driven by Marionette, the protocol that it speaks by itself: `length:[kind, id, …]` over TCP.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, until } from "./stack.mjs";

const binary = process.env.ATTUNE_FIREFOX ?? "/usr/bin/firefox-esr";
export const installed = existsSync(binary);

// Calls `heard` with every message on the socket.
function listenTo(socket, heard) {
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const colon = rest.indexOf(":");
      const length = Number(rest.subarray(0, colon));
      if (colon < 0 || rest.length < colon + 1 + length) return;
      const message = JSON.parse(rest.subarray(colon + 1, colon + 1 + length));
      if (Array.isArray(message)) heard(message); // It greets with an object.
      rest = rest.subarray(colon + 1 + length);
    }
  });
}

// A window of a fresh profile with these preferences; `stop` ends it.
export async function startFirefox(more = {}) {
  const folder = await mkdtemp(join(tmpdir(), "attune-firefox-"));
  const port = await freePort();
  // Nothing but the pages: no updates, no reports, no first-run pages.
  const preferences = {
    "marionette.port": port, "browser.shell.checkDefaultBrowser": false, "app.update.enabled": false,
    "datareporting.policy.dataSubmissionEnabled": false, "toolkit.telemetry.enabled": false, ...more,
  };
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  await writeFile(join(folder, "user.js"), lines.join("\n"));
  const args = ["--headless", "--no-remote", "--marionette", "--profile", folder];
  const child = spawn(binary, args, { stdio: "ignore", env: { ...process.env, HOME: folder } });
  const ended = new Promise((done) => child.once("exit", done));
  const waiting = new Map();
  let last = 0;
  const socket = await until(
    () =>
      new Promise((done, fail) => {
        const socket = connect(port, "127.0.0.1", () => done(socket));
        socket.once("error", fail);
      }),
    "Firefox",
    50_000,
  );
  listenTo(socket, ([kind, id, error, result]) => {
    const answered = kind === 1 && waiting.get(id);
    if (!answered) return;
    waiting.delete(id);
    if (error) answered.fail(new Error(`${error.error}: ${error.message}`));
    else answered.done(result);
  });
  const send = (name, parameters = {}) =>
    new Promise((done, fail) => {
      waiting.set(++last, { done, fail });
      const text = JSON.stringify([0, last, name, parameters]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
  await send("WebDriver:NewSession", { capabilities: { alwaysMatch: {} } });
  return {
    goto: (url) => send("WebDriver:Navigate", { url }),
    // The value of an expression, once its promise is kept.
    async evaluate(expression) {
      const script = `const done = arguments[0]; Promise.resolve().then(() => (${expression})).then((value) => done([value]), (error) => done([null, String(error)]));`;
      const { value } = await send("WebDriver:ExecuteAsyncScript", { script, args: [], sandbox: null, newSandbox: true });
      if (value[1]) throw new Error(value[1]);
      return value[0] ?? null;
    },
    // A click of the mouse in the middle of an element.
    async click(selector) {
      const box = `document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect()`;
      const [x, y] = await this.evaluate(`[${box}.x + ${box}.width / 2, ${box}.y + ${box}.height / 2].map(Math.round)`);
      const actions = [{ type: "pointerMove", x, y }, { type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }];
      await send("WebDriver:PerformActions", { actions: [{ type: "pointer", id: "mouse", actions }] });
    },
    async type(text) {
      const actions = [...text].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
      await send("WebDriver:PerformActions", { actions: [{ type: "key", id: "keys", actions }] });
    },
    async stop() {
      socket.destroy();
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
