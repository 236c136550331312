/** The parts of the chaos driver that decide: whom a fault strikes, what a reader got, which fault a wait belongs to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chooseFault, FAULTS, type Role, type Scene } from "../../bench/chaos/faults.ts";
import { gapRows, gapsOf, type Struck } from "../../bench/chaos/gaps.ts";
import { readOptions } from "../../bench/chaos/options.ts";
import { chance } from "../../bench/chaos/random.ts";
import { judge } from "../../bench/chaos/verdict.ts";
import { percentile, slope } from "../../bench/statistics.ts";
import type { StreamRead } from "../e2e/read-stream.ts";

const scene = (running: number, guest?: number): Scene => ({
  running: Array.from({ length: running }, (_, index) => index),
  roles: new Map<number, Role[]>([[0, ["holder", "first"]], [1, ["leader", "middle"]], [2, ["last"]], [3, [
    "reserve",
  ]]]),
  guest,
  blocks: 8,
});

test("a seed repeats its faults, and two devices always stay", () => {
  fc.assert(fc.property(fc.nat(), fc.integer({ min: 1, max: 4 }), fc.constantFrom(...FAULTS), (seed, running, kind) => {
    const fault = chooseFault(kind, scene(running, 4), chance(seed));
    assert.deepEqual(chooseFault(kind, scene(running, 4), chance(seed)), fault);
    if (fault === undefined || fault.kind === "leave") return;
    assert.equal(new Set(fault.devices).size, fault.devices.length);
    assert.ok(fault.devices.every((device) => device < running) && running - fault.devices.length >= 2);
  }));
  assert.equal(chooseFault("join", scene(4, 4), chance(1)), undefined);
  assert.equal(chooseFault("leave", scene(4), chance(1)), undefined);
  const leader = chooseFault("leader", scene(4), chance(1));
  assert.deepEqual(leader?.devices, [1]);
});

test("a split that is drawn names devices that run, once each, with all blocks; who dies of it gives or takes some", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 3, max: 4 }), fc.constantFrom("move", "moving"), (seed, count, kind) => {
      const fault = chooseFault(kind, scene(count), chance(seed));
      assert.ok(fault?.kind === "move" || fault?.kind === "moving");
      assert.equal(new Set(fault.split.map(({ device }) => device)).size, fault.split.length);
      assert.ok(fault.split.every(({ device, blocks }) => device < count && blocks > 0));
      assert.equal(fault.split.reduce((sum, { blocks }) => sum + blocks, 0), 8);
      assert.equal(fault.devices.length, kind === "move" ? 0 : 1);
    }),
  );
});

test("every part of the mesh is killed sooner or later", () => {
  const by = chance(3);
  const killed = new Set(Array.from({ length: 50 }, () => chooseFault("kill", scene(4), by)?.devices[0]));
  assert.deepEqual([...killed].sort(), [0, 1, 2, 3]);
});

const read = (more: Partial<StreamRead>): StreamRead => {
  return {
    text: "one two three",
    tokens: 3,
    times: [0, 1],
    conversations: 1,
    finish: "stop",
    error: undefined,
    ...more,
  };
};

test("an answer is judged by its text and its tokens, and what is wrong with it has a name", () => {
  const reference = { text: "one two three", tokens: 3 };
  const judged = (more: Partial<StreamRead>, hung = false) => judge(reference, read(more), hung);
  assert.equal(judged({}), "identical");
  assert.equal(judged({ text: "one three" }), "lost");
  assert.equal(judged({ text: "one two" }), "lost");
  assert.equal(judged({ text: "one two two three" }), "doubled");
  assert.equal(judged({ text: "one two trees" }), "changed");
  assert.equal(judged({ tokens: 4 }), "changed");
  assert.equal(judged({ error: "interrupted" }), "error");
  assert.equal(judged({ error: "aborted" }, true), "hung");
});

const fault = (at: number, devices: readonly number[] = []): Struck => ({
  kind: "kill",
  at,
  what: `at ${at}`,
  devices,
});

test("a wait belongs to the fault that it began with, and not to readers of a device that was struck", () => {
  const faults = [fault(10_000), fault(20_000), fault(30_000, [1])];
  const stream = (device: number, ...times: number[]) => ({ stream: device, device, times });
  const longest = (...streams: ReturnType<typeof stream>[]) =>
    gapsOf(faults, streams).map(({ milliseconds }) => milliseconds);
  assert.deepEqual(longest(stream(0, 0, 9000)), [0, 0, 0], "before all faults");
  assert.deepEqual(longest(stream(0, 9990, 10_500)), [510, 0, 0]);
  assert.deepEqual(longest(stream(0, 11_000, 12_000)), [1000, 0, 0], "after it");
  assert.deepEqual(longest(stream(0, 9000, 21_000)), [12_000, 0, 0], "over two of them");
  assert.deepEqual(longest(stream(1, 29_000, 31_000), stream(2, 29_900, 30_100)), [0, 0, 200]);
  assert.deepEqual(
    longest(stream(0, 9990, 10_500), stream(2, 10_000, 10_700)),
    [700, 0, 0],
    "the longest of all readers",
  );
  const waits = gapsOf(faults, [stream(0, 9990, 10_500)]).map(({ milliseconds }) => ({
    kind: "kill" as const,
    milliseconds,
  }));
  assert.deepEqual(gapRows(waits), [{
    kind: "kill",
    faults: 3,
    p50: 0,
    p95: 510,
    max: 510,
  }]);
});

test("options that make no sense are named", () => {
  assert.deepEqual(readOptions(["--faults", "kill,two"], "/out/").faults, ["kill", "two"]);
  assert.equal(readOptions([], "/out/").json, "/out/chaos.json");
  assert.deepEqual(readOptions(["--up", "--mirrors on", "--seed", "3"], "").up, ["--mirrors", "on"]);
  assert.throws(() => readOptions(["--faults", "flood"], ""), /Cannot use the fault "flood"; known are kill/);
  assert.deepEqual([readOptions([], "").seconds, readOptions([], "").untilFaults], [240, Infinity]);
  const long = readOptions(["--until-faults", "1000", "--every", "0.5"], "");
  assert.deepEqual([long.seconds, long.untilFaults, long.every], [86_400, 1000, 0.5]);
  assert.throws(() => readOptions(["--every", "0"], ""), /Cannot use --every 0: it is a number above 0/);
  assert.throws(() => readOptions(["--devices", "1"], ""), /Cannot use --devices 1: it is a whole number from 2 on/);
});

test("percentiles are values that were measured; a slope is that of the line through the points", () => {
  assert.deepEqual([0.5, 0.95, 1].map((share) => percentile([3, 1, 2], share)), [2, 3, 3]);
  assert.ok(Number.isNaN(percentile([], 0.5)));
  assert.equal(slope([[0, 1], [1, 3], [2, 5]]), 2);
});
