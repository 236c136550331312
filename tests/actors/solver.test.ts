/** The planning thread: the event loop, and with it every heartbeat, goes on while the largest problem is solved. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startSolver } from "../../actors/leader/solver-client.ts";
import type { Problem } from "../../plans/mod.ts";
import { every, systemClock } from "../../runtime/clock.ts";

/** More than this between two beats, and peers would begin to think this device dead. */
const LATE_MILLISECONDS = 1500;

function problem(blocks: number, devices: number): Problem {
  const name = (index: number) => `d${index}`;
  const speed = (index: number) => 1 + (index * 7919 % 13) / 10;
  return {
    blocks: Array.from({ length: blocks }, (_, index) => ({
      kind: index === 0 ? "embed" : index === blocks - 1 ? "head" : "layer",
      weightBytes: 1e8,
      kvBytesPerToken: 1000,
      activationBytes: 8192,
    })),
    devices: Array.from({ length: devices }, (_, index) => ({
      device: name(index),
      name: name(index),
      usableBytes: 1e9 * speed(index * 3),
      decodeMilliseconds: Array.from({ length: blocks }, () => speed(index)),
      prefillMillisecondsPerToken: Array.from({ length: blocks }, () => speed(index) / 10),
      trusted: true,
      allowed: true,
    })),
    links: Array.from({ length: devices * devices }, (_, pair) => ({
      from: name(Math.floor(pair / devices)),
      to: name(pair % devices),
      roundTripMilliseconds: 1 + speed(pair) * 2,
      bytesPerSecond: 1e7 * speed(pair),
    })).filter(({ from, to }) => from !== to),
    shape: { context: 512, concurrency: 1, promptTokens: 64, outputTokens: 64 },
    objective: "latency",
  };
}

test("the event loop goes on while a problem of 96 blocks and 200 devices is solved", async () => {
  await using solver = startSolver(systemClock);
  let [last, worst] = [performance.now(), 0];
  const stop = every(systemClock, 20, () => {
    const now = performance.now();
    [last, worst] = [now, Math.max(worst, now - last)];
  });
  const { outcome } = await solver.solve({ problem: problem(96, 200), explain: false });
  stop();
  assert.equal(outcome.type, "placed");
  assert.ok(worst < LATE_MILLISECONDS, `${worst} ms between two beats`);
});

test("a request that the thread cannot serve is refused, and the next one is served", async () => {
  await using solver = startSolver(systemClock);
  await assert.rejects(solver.solve({ problem: null as unknown as Problem, explain: false }), /planner failed/);
  const { outcome } = await solver.solve({ problem: problem(4, 2), explain: true });
  assert.equal(outcome.type, "placed");
});
