/**
 * Command: pictures of the page for the docs, of three daemons on this machine in a headless Chromium.
 *
 *     npm run pictures        # writes docs/page.png and docs/page-narrow.png
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { builtinModelPath } from "../models/builtin/mod.ts";
import { browserPath, lookAt } from "../tests/e2e/browser.ts";
import { startLocalMesh } from "../tests/e2e/local-mesh.ts";

if (browserPath === undefined) {
  process.stderr.write("There is no Chromium on this machine; SKEIN_CHROMIUM says where one is.\n");
  process.exit(1);
}
const place = (name: string) => fileURLToPath(new URL(`../docs/${name}.png`, import.meta.url));
await using mesh = await startLocalMesh(3, builtinModelPath());
await mesh.split([3, 2, 3]);
await using looking = await lookAt(mesh.api(0), 1200, 760);
const { page } = looking;
await page.getByLabel("Prompt").fill("Tell me a story about a fox and a lost key.");
await page.getByRole("button", { name: "Send", exact: true }).click();
await page.getByText(/first token after/).waitFor();
await page.getByRole("button", { name: /What if it leaves/ }).nth(1).click();
await page.getByText(/^Without d1/).waitFor();
await page.getByRole("button", { name: /tokens in .*, stop/ }).click();
await page.locator(".trace svg").waitFor();
await page.screenshot({ path: place("page") });
await page.emulateMedia({ colorScheme: "dark" });
await page.setViewportSize({ width: 360, height: 740 });
await page.locator("nav").getByRole("button", { name: "Mesh" }).click();
await page.locator(".panel.mesh").evaluate((panel) => panel.scrollTo(0, 0));
await page.screenshot({ path: place("page-narrow") });
