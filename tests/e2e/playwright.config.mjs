import { defineConfig } from "@playwright/test";

// As a person's: a headless browser's own is flagged, and then left out of every answer. Given to the whole browser,
// because beacons do not take a page's.
const person =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.mjs",
  globalSetup: "./global.mjs",
  // One stack and two cores: files in turn.
  workers: 1,
  timeout: 60_000,
  // On a busy machine a second try; the report still names it as flaky.
  retries: process.env.CI ? 1 : 0,
  reporter: [["line"], ["json", { outputFile: "../../target/e2e.json" }]],
  outputDir: "../../target/e2e",
  use: {
    launchOptions: {
      executablePath: process.env.ATTUNE_CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--no-first-run",
        `--user-agent=${person}`,
      ],
    },
  },
});
