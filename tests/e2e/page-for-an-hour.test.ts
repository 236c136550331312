/** A page that is open for an hour: what happens in an hour, told to it within seconds, and what its memory does meanwhile. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { browserPath, lookAt } from "./browser.ts";
import { startLocalMesh } from "./local-mesh.ts";

const skip = browserPath === undefined ? "no Chromium on this machine (SKEIN_CHROMIUM says where one is)" : false;

/** Two events a second for an hour. */
const EVENTS = 7200;
/** Looks at the mesh: a tenth of an hour's, since each draws all of the page. */
const LOOKS = 120;
/** As a rule it takes a few seconds. */
const LONGEST_MILLISECONDS = 120_000;

test("an hour of events leaves the memory of the page where it was", { skip }, async () => {
  await using mesh = await startLocalMesh(1, builtinModelPath());
  await using looking = await lookAt(mesh.api(0));
  const { page, complaints } = looking;
  await page.evaluate(HASTE);
  // The page opens its stream anew, and gets the hasty one.
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
  await page.locator(".events li").nth(299).waitFor();
  await until(page, EVENTS / 4, LOOKS / 4);
  const before = await memoryOf(page);
  await until(page, EVENTS, LOOKS);
  const after = await memoryOf(page);
  assert.ok(after.heapBytes - before.heapBytes < 2 ** 20, JSON.stringify({ before, after }));
  assert.ok(after.nodes - before.nodes < 200, JSON.stringify({ before, after }));
  assert.equal(await page.locator(".events li").count(), 300);
  assert.deepEqual(complaints, []);
});

/** In the page's own words: looks are answered at once and a hundred times as often, events come thousands a second. */
const HASTE = `
  const [ask, later] = [fetch, setTimeout];
  const answers = new Map();
  globalThis.told = 0;
  globalThis.looks = 0;
  globalThis.setTimeout = (action, time = 0, ...rest) => later(action, time >= 1000 ? time / 300 : time, ...rest);
  globalThis.fetch = async (path, init) => {
    if (path.startsWith("/skein/events")) return new Response(new ReadableStream({ pull: tell }));
    if (path === "/skein/inspect") looks++;
    if (!answers.has(path)) answers.set(path, await (await ask(path, init)).text());
    return new Response(answers.get(path));
  };
  async function tell(controller) {
    await new Promise((resolve) => later(resolve, 20));
    let lines = "";
    for (let one = 0; one < 80; one++, told++) {
      const event = { type: "answer", id: "answer-" + told, model: "gosling-4m-v3", stage: "going", tokens: told };
      const text = "answer " + told + " has " + told + " tokens";
      lines += JSON.stringify({ at: Date.now(), device: "d" + told % 3, name: "d", type: "answer", text, event }) + "\\n";
    }
    controller.enqueue(new TextEncoder().encode(lines));
  }
`;

/** Waits until so much has been told and looked at. */
async function until(page: Page, events: number, looks: number): Promise<void> {
  const deadline = performance.now() + LONGEST_MILLISECONDS;
  for (;;) {
    const [told, looked] = await page.evaluate<[number, number]>("[told, looks]");
    if (told >= events && looked >= looks) return;
    assert.ok(performance.now() < deadline, `${told} events and ${looked} looks by now`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function memoryOf(page: Page): Promise<{ heapBytes: number; nodes: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const of = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? NaN;
  const memory = { heapBytes: of("JSHeapUsedSize"), nodes: of("Nodes") };
  await session.detach();
  return memory;
}
