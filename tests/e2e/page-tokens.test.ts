/** Tokens in the page: the dot that runs along their path, and nothing of it where nobody looks or nothing is to move. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { browserPath, lookAt } from "./browser.ts";
import { startLocalMesh } from "./local-mesh.ts";

const skip = browserPath === undefined ? "no Chromium on this machine (SKEIN_CHROMIUM says where one is)" : false;

test("a dot runs along the path while tokens come, but on still pages and on hidden ones", { skip }, async () => {
  await using mesh = await startLocalMesh(2, builtinModelPath());
  await mesh.split([4, 4]);
  await using looking = await lookAt(mesh.api(0));
  const { page, complaints } = looking;
  await page.locator(".path .device").nth(1).waitFor();
  await countDots(page);
  await say(page, "Tell me a story about a fox.");
  assert.ok(await dots(page) > 0);
  const dot = page.locator(".dot").first();
  await dot.waitFor({ state: "detached" });
  // Of an answer that others read, events tell.
  const body = JSON.stringify({ prompt: "Hi", max_tokens: 64 });
  const other = fetch(`${mesh.api(1)}/v1/completions`, { method: "POST", body }).then((response) => response.text());
  await dot.waitFor({ state: "attached" });
  await dot.waitFor({ state: "detached" });
  await other;

  await page.emulateMedia({ reducedMotion: "reduce" });
  let still = await dots(page);
  await say(page, "Tell me a story about a goat.");
  assert.equal(await dots(page), still);

  await page.emulateMedia({ reducedMotion: "no-preference" });
  await page.evaluate('Object.defineProperty(document, "hidden", { value: true })');
  still = await dots(page);
  await say(page, "Tell me a story about a bear.");
  assert.equal(await dots(page), still);
  assert.deepEqual(complaints, []);
});

test(
  "it shows how far a long prompt has been read; a conversation's settings go along with each",
  { skip },
  async () => {
    // Slow enough that the page is drawn while the prompt is being read.
    await using mesh = await startLocalMesh(1, builtinModelPath(), ["--slowdown", "8"]);
    await using looking = await lookAt(mesh.api(0));
    const { page, complaints } = looking;
    await page.evaluate(`
    globalThis.seen = [];
    new MutationObserver(() => {
      const progress = document.querySelector(".answer progress");
      if (progress) seen.push(progress.getAttribute("aria-label"));
    }).observe(document.body, { childList: true, subtree: true, attributes: true });
  `);
    await page.getByText("Settings").click();
    await page.getByLabel("Temperature").fill("0.5");
    await page.getByLabel("Tokens at most").fill("3");
    await page.getByRole("combobox", { name: "Answered by" }).selectOption({ index: 1 });
    await page.getByText("Settings: temperature 0.5, 3 tokens, gosling").click();
    const asked = page.waitForRequest("**/v1/chat/completions");
    await say(page, "The fox went on. ".repeat(70));
    const { temperature, max_tokens, model } = (await asked).postDataJSON() as Record<string, unknown>;
    assert.deepEqual([temperature, max_tokens], [0.5, 3]);
    assert.match(String(model), /^[0-9a-f]{64}$/);
    const seen = await page.evaluate<string[]>("seen");
    assert.match(seen.at(-1) ?? "", /^reading [\d,]+ of [\d,]+ tokens$/);
    await page.locator(".answer").getByText(", 3 tokens,").waitFor();
    assert.deepEqual(await looking.violations(), []);
    assert.deepEqual(complaints, []);
  },
);

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Prompt").fill(text);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.locator(".answer").last().getByText(/first token after/).waitFor();
}

/** Counts dots from now on; in the page's own words, since this program knows no document. */
async function countDots(page: Page): Promise<void> {
  await page.evaluate(`
    globalThis.dots = 0;
    new MutationObserver((records) => {
      for (const { addedNodes } of records) dots += [...addedNodes].filter((node) => node.className === "dot").length;
    }).observe(document.body, { childList: true, subtree: true });
  `);
}

function dots(page: Page): Promise<number> {
  return page.evaluate<number>("dots");
}
