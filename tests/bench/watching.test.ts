/** What watching costs: processor time beside computing, as a part of an unwatched token; and watchers that go when they should. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { costOf, pictureOf, type Watched } from "../../bench/watching/cost.ts";
import { watched } from "../../bench/watching/watchers.ts";

const answer = (main: number, workers: number): Watched => {
  return { token: 50, threads: { main, workers, V8: 1, "I/O": 0, other: 0 } };
};

test("watching costs what threads beside the computing ones take more, at the median", () => {
  const nobody = [answer(4, 40), answer(5, 90), answer(50, 40)];
  const { added, share, threads } = costOf([answer(6, 40), answer(6, 200), answer(7, 40)], nobody);
  assert.deepEqual([added, share, threads.workers], [1, 0.02, 40]);
  const { charts } = pictureOf({
    machine: "a machine",
    devices: 2,
    tokens: 9,
    rounds: 3,
    rows: [{ name: "nobody", ...costOf(nobody, nobody) }],
  });
  assert.deepEqual(charts.map((chart) => chart.type === "bars" && chart.groups[0]?.bars[0]?.value), [5, 50]);
});

/** A daemon that counts who asks; each answer is `status`. */
async function serving(status: number, action: (api: string, asked: string[]) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(status).write("…");
    // Events go on until their reader leaves.
    if (!request.url?.startsWith("/skein/events")) response.end();
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    await action(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test("all watch until what is measured is over, and are gone then", async () => {
  await serving(200, async (api, asked) => {
    const over = Promise.withResolvers<number>();
    const watching = watched(["page", "top", "metrics"], [api, api], () => over.promise);
    while (asked.length < 8) await new Promise((resolve) => setImmediate(resolve));
    over.resolve(7);
    assert.equal(await watching, 7);
    assert.deepEqual([...asked].sort(), [
      "/metrics",
      "/metrics",
      "/skein/events?past=30&every=250ms",
      "/skein/events?past=30&every=250ms",
      "/skein/inspect",
      "/skein/inspect",
      "/skein/plan",
      "/skein/plan",
    ]);
  });
});

test("a daemon that cannot be watched is no measurement", async () => {
  await serving(500, async (api) => {
    await assert.rejects(watched(["metrics"], [api], () => new Promise(() => {})), /500/);
  });
});
