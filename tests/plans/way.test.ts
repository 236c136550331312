/** Plans that do not fit beside the one in force, and the ways to them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { plan, predict, type Problem, type Run } from "../../plans/mod.ts";
import { wayTo } from "../../plans/way.ts";

const IDS = ["a", "b", "c", "d"];

/** Blocks of 100 bytes on a chain of devices that have so many each, room for so many, and take so long a block. */
function chain(held: readonly number[], room: readonly number[], milliseconds: readonly number[]): Problem {
  const devices = held.flatMap((count, index) => Array<string>(count).fill(IDS[index] ?? ""));
  return {
    blocks: devices.map(() => ({ kind: "layer", weightBytes: 100, kvBytesPerToken: 0, activationBytes: 4 })),
    devices: held.map((_, index) => ({
      device: IDS[index] ?? "",
      name: IDS[index] ?? "",
      usableBytes: 100 * (room[index] ?? 0),
      prefillMillisecondsPerToken: devices.map(() => milliseconds[index] ?? 1),
      decodeMilliseconds: devices.map(() => milliseconds[index] ?? 1),
      trusted: false,
      allowed: true,
    })),
    links: IDS.flatMap((from) => IDS.map((to) => ({ from, to, roundTripMilliseconds: 0.1, bytesPerSecond: 1e9 }))),
    shape: { context: 1, concurrency: 1, promptTokens: 8, outputTokens: 8 },
    objective: "latency",
    current: { devices, millisecondsPerByte: 0, stays: true },
  };
}

function runs(...counts: readonly number[]): Run[] {
  let next = 0;
  return counts.flatMap((count, index) => {
    const run = { device: IDS[index] ?? "", first: next, last: next + count - 1 };
    next += count;
    return count === 0 ? [] : [run];
  });
}

const countsOf = (split: readonly Run[]) =>
  split.map(({ device, first, last }) => `${device}${last - first + 1}`).join(" ");

test("a slow device at the end gives blocks to its full neighbour, which gives as many to the first one before", async () => {
  const outcome = await plan(chain([2, 6, 6], [6, 6, 6], [1, 1, 3]));
  assert.ok(outcome.type === "placed");
  assert.equal(countsOf(outcome.segments), "a6 b6 c2");
  assert.deepEqual(outcome.way?.map(countsOf), ["a6 b2 c6"]);
});

test("where a plan that fits beside the one in force is as good, there is no detour", async () => {
  const outcome = await plan(chain([2, 6, 6], [6, 12, 6], [1, 1, 3]));
  assert.ok(outcome.type === "placed");
  assert.equal(outcome.way, undefined);
});

test("there is no way where devices change places, or where all are full", () => {
  const full = chain([4, 4], [4, 4], [1, 1]);
  assert.equal(
    wayTo(full, runs(4, 4), [{ device: "b", first: 0, last: 3 }, { device: "a", first: 4, last: 7 }]),
    undefined,
  );
  assert.equal(wayTo(full, runs(4, 4), runs(3, 5)), undefined);
  assert.deepEqual(wayTo(full, runs(4, 4), runs(4, 4)), []);
});

test("each plan of a way fits beside the one before it, and the last one beside the goal, whatever the chain", () => {
  const counts = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 4, maxLength: 4 });
  let ways = 0;
  fc.assert(fc.property(counts, counts, fc.integer({ min: 0, max: 4 }), (from, toward, spare) => {
    const total = from.reduce((sum, count) => sum + count, 0);
    const goal = toward.map((count) =>
      Math.max(1, Math.floor(count * total / toward.reduce((sum, each) => sum + each, 0)))
    );
    goal[3] = total - goal.slice(0, 3).reduce((sum, count) => sum + count, 0);
    if ((goal[3] ?? 0) < 1) return;
    const problem = chain(from, from.map((count, index) => Math.max(count, goal[index] ?? 0) + spare), [1, 1, 1, 1]);
    const way = wayTo(problem, runs(...from), runs(...goal));
    if (way === undefined) return;
    ways++;
    let here: readonly Run[] = runs(...from);
    for (const next of [...way, runs(...goal)]) {
      const devices = here.flatMap(({ device, first, last }) => Array<string>(last - first + 1).fill(device));
      const around = { ...problem, current: { devices, millisecondsPerByte: 0, stays: true } };
      assert.equal(predict(around, next).type, "possible", `${countsOf(here)} to ${countsOf(next)}`);
      here = next;
    }
  }));
  assert.ok(ways > 30, `${ways} ways`);
});
