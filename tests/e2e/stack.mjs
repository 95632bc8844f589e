// The whole stack for one run of the browser tests: attune with an empty folder, a seeded site, the demo bank.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const root = new URL("../../", import.meta.url).pathname;
const binary = process.env.ATTUNE_BINARY ?? join(root, "target/debug/attune");
export const password = "correct horse battery staple";

export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

async function until(ask, what, patienceMs = 30_000) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask().catch(() => null);
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`gave up waiting for ${what}`);
    await new Promise((go) => setTimeout(go, 100));
  }
}
export { until };

function start(command, args, options) {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"], cwd: root, ...options });
  const ended = new Promise((done) => child.once("exit", done));
  return async () => {
    child.kill("SIGTERM");
    await ended;
  };
}

// Starts everything; returns addresses, the site's key and `stop`.
export async function startStack({ site = "bank", seed = true } = {}) {
  const data = await mkdtemp(join(tmpdir(), "attune-e2e-"));
  const [port, bankPort, otherPort] = [await freePort(), await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const env = { ...process.env, ATTUNE_ADMIN_PASSWORD: password };
  const serve = () => start(binary, ["serve", "--data", data, "--listen", `127.0.0.1:${port}`], { env });
  const healthy = () => until(async () => (await fetch(`${url}/health`)).ok, "attune");
  let stopAttune = serve();
  await healthy();
  const run = promisify(execFile);
  const added = await run(binary, ["site", "add", site, "--data", data, "--json"], { cwd: root });
  const { key } = JSON.parse(added.stdout.trim().split("\n").at(-1));
  if (seed) await run("node", ["examples/bank-cards/seed.mjs", "--url", url, "--site", site], { cwd: root, env });
  const address = (p) => ["--listen", `127.0.0.1:${p}`, "--collector", url, "--site-key", key];
  const bank = `http://127.0.0.1:${bankPort}`;
  const other = `http://127.0.0.1:${otherPort}`;
  const stopBank = start("node", ["examples/bank-cards/server.mjs", ...address(bankPort)]);
  const stopOther = start("node", ["examples/static-site/server.mjs", ...address(otherPort)]);
  await until(async () => (await fetch(bank)).ok && (await fetch(other)).ok, "the sites");
  return {
    url,
    bank,
    other,
    key,
    site,
    data,
    binary,
    // Stops attune and starts it again on the same data.
    async restart() {
      await stopAttune();
      stopAttune = serve();
      await healthy();
    },
    async stop() {
      await Promise.all([stopBank(), stopOther()]);
      await stopAttune();
      await rm(data, { recursive: true, force: true });
    },
  };
}

// A signed-in caller of the console's API.
export async function signIn(url) {
  const headers = { "content-type": "application/json", origin: url, "sec-fetch-site": "same-origin" };
  const response = await fetch(`${url}/api/sign-in`, {
    method: "POST",
    headers,
    body: JSON.stringify({ user: "admin", password }),
  });
  if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
  const cookie = response.headers.getSetCookie()[0].split(";")[0];
  return async (method, path, body, more = {}) => {
    const answer = await fetch(url + path, {
      method,
      headers: { ...headers, cookie, ...more },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  };
}
