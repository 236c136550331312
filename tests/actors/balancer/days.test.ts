/** The balancer over hours: still where devices only vary, one move where one changes for good. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { simulatedDays, type Weather } from "./simulated-days.ts";
import { noise } from "./weather.ts";

/** Windows. */
const MINUTE = 12;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Days that are drawn; more with SKEIN_SEEDS. */
const SEEDS = Number(process.env["SKEIN_SEEDS"] ?? 1);

/** Noise, and a device that is three times as slow from one window to another. */
function slowed(device: string, from: number, to: number, seed = 3): Weather {
  const { window, step } = noise(seed);
  return { window: (of, at) => window(of, at) * (of === device && at >= from && at < to ? 3 : 1), step };
}

/** Blocks that a device holds. */
function indicesOf(segments: readonly string[], device: string): number[] {
  const [, first = "0", last = "-1"] = segments.find((segment) => segment.startsWith(device))?.match(/(\d+)-(\d+)/) ??
    [];
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => Number(first) + at);
}

/** How many of them compute: the embedding counts as a block and costs nothing. */
function blocksOf(segments: readonly string[], device: string): number {
  return indicesOf(segments, device).filter((index) => index > 0).length;
}

test("a day of devices that vary by 15% and stumble for seconds moves nothing", async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const days = await simulatedDays(noise(seed));
    await days.pass(DAY);
    assert.deepEqual(days.moves, [], `seed ${seed}`);
  }
});

test("a device that becomes three times as slow gives blocks away once, within half a minute, and it stays at that", async () => {
  const days = await simulatedDays(slowed("b", HOUR, Infinity));
  await days.pass(HOUR);
  const before = days.segments();
  await days.pass(2 * HOUR);
  assert.equal(days.moves.length, 1, days.words.join("\n"));
  const [move] = days.moves;
  assert.ok((move?.window ?? 0) < HOUR + 6, `moved after ${(move?.window ?? 0) - HOUR} windows`);
  assert.ok(blocksOf(days.segments(), "b") < blocksOf(before, "b"));
  assert.match(
    days.words.find((word) => word.startsWith("moving")) ?? "",
    /b takes .* ms a step where the plan expects/,
  );
  assert.ok(days.words.some((word) => word.startsWith("helped")));
});

test("once a device is fast again no stage is slower than before, and nothing moves for less", async () => {
  const days = await simulatedDays(slowed("b", HOUR, 2 * HOUR));
  const most = () => Math.max(...["a", "b", "c"].map((device) => blocksOf(days.segments(), device)));
  const before = most();
  await days.pass(3 * HOUR);
  assert.ok(days.moves.length <= 2, days.words.join("\n"));
  assert.ok(most() <= before, days.segments().join(" > "));
});

test("a device that is slow for a minute every two minutes does not have the mesh move each time", async () => {
  const { window, step } = noise(3);
  const changing = (device: string, at: number) => {
    return window(device, at) * (device === "b" && Math.floor(at / MINUTE) % 2 === 1 ? 3 : 1);
  };
  const days = await simulatedDays({ window: changing, step });
  await days.pass(4 * HOUR);
  const latest = days.moves.filter((move) => move.window >= 3 * HOUR).length;
  assert.ok(days.moves.length <= 16 && latest <= 2, `${days.moves.length} moves, ${latest} in the last hour`);
});

/** That no device holds more than three blocks while a plan gives way to the next one. */
function assertRoom(plans: readonly (readonly string[])[]): void {
  for (const [at, after] of plans.entries()) {
    const before = plans[at - 1] ?? after;
    for (const device of ["a", "b", "c"]) {
      const held = indicesOf(before, device);
      const added = indicesOf(after, device).filter((block) => !held.includes(block));
      assert.ok(added.length === 0 || held.length + added.length <= 3, `${device} of ${before} and ${after}`);
    }
  }
}

test("what moves fits beside what is loaded: under tight memory one block goes to who has room for it", async () => {
  const days = await simulatedDays(slowed("b", HOUR, Infinity), 305e6);
  await days.pass(HOUR);
  const before = days.segments();
  await days.pass(HOUR);
  assert.equal(days.moves.length, 1, days.words.join("\n"));
  assertRoom([before, days.segments()]);
});

test("where the neighbour of a slow device is full, it first gives as much to one that is not", async () => {
  const days = await simulatedDays(slowed("a", HOUR, Infinity), 305e6);
  await days.pass(HOUR);
  const before = days.segments();
  assert.deepEqual(before, ["a 0-2", "b 3-5", "c 6-7"]);
  await days.pass(HOUR);
  assert.deepEqual(days.moves.map(({ segments }) => segments), [
    ["a 0-2", "b 3-4", "c 5-7"],
    ["a 0-1", "b 2-4", "c 5-7"],
  ]);
  assertRoom([before, ...days.moves.map(({ segments }) => segments)]);
  assert.match(days.words.find((word) => word.startsWith("moving")) ?? "", /in 2 steps, for lack of memory/);
  assert.ok(days.words.some((word) => word.startsWith("helped")));
});
