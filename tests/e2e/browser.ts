/** A headless browser of this machine that looks at a daemon's page, and what it noticed meanwhile. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser's program, or undefined where this machine has none. */
export const browserPath = [process.env["SKEIN_CHROMIUM"] ?? "", ...PLACES].find((path) =>
  path !== "" && existsSync(path)
);

export interface Looking extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings of the console, errors that nobody caught, and requests beyond the daemon. */
  readonly complaints: readonly string[];
  /** What axe finds against accessibility: ids of rules, with the elements. */
  violations(): Promise<string[]>;
}

/** Opens the page of the daemon at `api`. */
export async function lookAt(api: string, width = 1440, height = 900): Promise<Looking> {
  const browser = await chromium.launch({
    ...(browserPath === undefined ? {} : { executablePath: browserPath }),
    // Chromium's own sandbox does not start as root.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  const page = await browser.newPage({ viewport: { width, height } });
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${api}/`)) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(`${api}/`);
  await page.locator(".device").first().waitFor();
  const axe = await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
  return {
    page,
    complaints,
    async violations() {
      await page.evaluate(axe);
      return await page.evaluate(async () => {
        const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`);
      });
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** What is used of axe within the page. */
interface Axe {
  run(): Promise<{ violations: readonly { id: string; nodes: readonly { html: string }[] }[] }>;
}
