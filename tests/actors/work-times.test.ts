/** What is learnt of a device's speed from the steps that its segments run. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { StepTimes } from "../../actors/executor/behaviour.ts";
import { BatchFactors } from "../../actors/monitor/batches.ts";
import { MedianOfMeans } from "../../actors/monitor/median-of-means.ts";
import { COLD_STEPS } from "../../actors/monitor/segment-work.ts";
import { WorkTimes } from "../../actors/monitor/work-times.ts";

const LAYERS = ["layer", "layer"] as const;
const SEGMENT = { model: "m", first: 3, last: 4, kinds: LAYERS };

function step(blockMilliseconds: readonly number[], more: Partial<StepTimes> = {}): StepTimes {
  const stepMilliseconds = blockMilliseconds.reduce((sum, took) => sum + took, 0) + 1;
  return {
    rows: 1,
    tokens: 1,
    blockMilliseconds,
    stepMilliseconds,
    at: 0,
    sequences: [1],
    queueMilliseconds: [0],
    ...more,
  };
}

/** Has a segment run `count` steps. */
function run(record: (step: StepTimes) => void, count: number, ...like: Parameters<typeof step>): void {
  for (let index = 0; index < count; index++) record(step(...like));
}

/** Times of blocks by index, to three places. */
function times(work: WorkTimes): Record<number, number> {
  return Object.fromEntries(
    work.of("m").map(({ index, decodeMilliseconds }) => {
      return [index, Number(decodeMilliseconds.toFixed(3))];
    }),
  );
}

test("block times come from decode steps and long prefills apart, and only when there are enough", () => {
  const work = new WorkTimes();
  const record = work.begin(SEGMENT);
  run(record, COLD_STEPS + 7, [1, 2]);
  assert.deepEqual(work.of("m"), []);
  run(record, 1, [1, 2]);
  run(record, 1, [99, 99], { tokens: 8 });
  run(record, 1, [50, 70], { tokens: 100 });
  assert.deepEqual(work.of("m"), [
    { index: 3, decodeMilliseconds: 1, prefillMillisecondsPerToken: 0.5 },
    { index: 4, decodeMilliseconds: 2, prefillMillisecondsPerToken: 0.7 },
  ]);
});

test("the first, cold steps after a load are not taken for the device's speed, nor for its overhead", () => {
  const work = new WorkTimes();
  const record = work.begin(SEGMENT);
  run(record, COLD_STEPS, [20, 40], { stepMilliseconds: 500 });
  run(record, 16, [1, 2]);
  assert.deepEqual(times(work), { 3: 1, 4: 2 });
  assert.equal(work.overheadMilliseconds(), 1);
});

test("what slices of another program cost counts, though most blocks run undisturbed", () => {
  const work = new WorkTimes();
  const record = work.begin(SEGMENT);
  // Every fourth step is held up for 12 ms in one of its blocks: the median step takes 2 ms, the mean 5.
  for (let index = 0; index < 80; index++) record(step([1, index % 4 === 0 ? 13 : 1]));
  const total = work.of("m").reduce((sum, { decodeMilliseconds }) => sum + decodeMilliseconds, 0);
  assert.equal(total, 5);
});

test("a burst does not become the device's speed; a change that is established does", () => {
  const work = new WorkTimes();
  const record = work.begin(SEGMENT);
  run(record, COLD_STEPS + 256, [1, 2]);
  run(record, 100, [3, 6]);
  assert.deepEqual(times(work), { 3: 1, 4: 2 });
  work.settle(SEGMENT, 100);
  assert.deepEqual(times(work), { 3: 3, 4: 6 });
});

test("blocks that have moved away count by what has become of the device since", () => {
  const work = new WorkTimes();
  const head = { model: "m", first: 4, last: 5, kinds: ["layer", "head"] } as const;
  run(work.begin(head), COLD_STEPS + 64, [2, 10]);
  run(work.begin(SEGMENT), COLD_STEPS + 64, [6, 6]);
  assert.deepEqual(times(work), { 3: 6, 4: 6, 5: 30 });
});

test("rows that share a step count as one row would, by what was learnt where both ran", () => {
  const work = new WorkTimes();
  const record = work.begin(SEGMENT);
  run(record, COLD_STEPS, [1, 1]);
  for (let window = 0; window < 20; window++) {
    run(record, 10, [1, 1]);
    run(record, 10, [1.3, 1.3], { rows: 4, tokens: 4, sequences: [1, 2, 3, 4] });
    work.takeWindows(0);
  }
  run(record, 300, [3.9, 3.9], { rows: 4, tokens: 4, sequences: [1, 2, 3, 4] });
  const [first] = work.of("m");
  assert.ok(
    Math.abs((first?.decodeMilliseconds ?? 0) - 3) < 0.05,
    "three times as slow, seen in steps of four rows only",
  );
  const batches = work.batches("m").map(({ rows, layerMilliseconds }) => [rows, Number(layerMilliseconds.toFixed(2))]);
  assert.deepEqual(batches, [[1, 1], [4, 1.3]], "that four rows take 1.3 times as long is no other now");
});

test("a window tells of the steps and tokens since the last one, without the largest step", () => {
  const work = new WorkTimes();
  const record = work.begin(SEGMENT);
  run(record, COLD_STEPS, [1, 1]);
  for (let at = 0; at < 10; at++) {
    record(step(at === 5 ? [400, 400] : [1, 1], { at: at * 20, rows: 2, tokens: 2, sequences: [7, 8] }));
  }
  const [window] = work.takeWindows(200);
  assert.deepEqual([window?.steps, window?.sequences, window?.intervals], [10, 2, 18]);
  assert.equal(window?.tokenMilliseconds, 20);
  assert.ok(Math.abs((window?.stepMilliseconds ?? 0) - 2 / 1.1) < 1e-9);
  assert.deepEqual(work.takeWindows(300), []);
});

test("a device that is as fast again as it was is told so before it works", () => {
  const work = new WorkTimes();
  run(work.begin(SEGMENT), COLD_STEPS + 64, [3, 6]);
  work.rescale(1 / 3);
  assert.deepEqual(times(work), { 3: 1, 4: 2 });
});

test("a segment that is loaded and never runs takes nobody's place", () => {
  const work = new WorkTimes();
  const record = work.begin(SEGMENT);
  run(record, COLD_STEPS + 64, [1, 2]);
  for (let attempt = 0; attempt < 9; attempt++) work.begin({ ...SEGMENT, first: 0, last: 1 });
  run(record, 300, [2, 4]);
  assert.deepEqual(times(work), { 3: 2, 4: 4 });
});

test("factors between sizes are not learnt from windows of one size", () => {
  const factors = new BatchFactors();
  const before = factors.of(4);
  factors.learn(new Map([[4, { steps: 50, total: 5000 }]]));
  assert.equal(factors.of(4), before);
});

test("a median of means lies between the least and the largest value, and ignores what is no measurement", () => {
  fc.assert(fc.property(fc.array(fc.float({ min: 0, max: 1000, noNaN: true }), { minLength: 8 }), (values) => {
    const means = new MedianOfMeans(5);
    for (const value of [NaN, -1, Infinity, ...values]) means.add(value);
    const median = means.value() ?? NaN;
    return median >= Math.min(...values) - 1e-9 && median <= Math.max(...values) + 1e-9;
  }));
});

test("rows count by what was measured when the segment was loaded, also where a size never ran", () => {
  const work = new WorkTimes();
  const measured = [[1, 2], [2, 2.4], [4, 4], [8, 8]].map(([rows = 0, milliseconds = 0]) => ({ rows, milliseconds }));
  const record = work.begin(SEGMENT, measured);
  // Six rows take three times as long as one there.
  run(record, COLD_STEPS + 64, [3, 3], { rows: 6, tokens: 6, sequences: [1, 2, 3, 4, 5, 6] });
  assert.deepEqual(times(work), { 3: 1, 4: 1 });
  assert.deepEqual(work.batches("m").map(({ rows, layerMilliseconds }) => [rows, layerMilliseconds]), [
    [1, 1],
    [2, 1.2],
    [4, 2],
    [8, 4],
  ]);
});

test("what steps have taught of a size stays when another segment is loaded, and nonsense is not believed", () => {
  const factors = new BatchFactors();
  factors.begin([{ rows: 1, milliseconds: 0 }, { rows: 4, milliseconds: 3 }]);
  assert.equal(factors.of(4), new BatchFactors().of(4));
  factors.begin([{ rows: 1, milliseconds: 1 }, { rows: 4, milliseconds: 3 }, { rows: 8, milliseconds: 100 }]);
  factors.begin([{ rows: 1, milliseconds: 1 }, { rows: 4, milliseconds: 2 }]);
  assert.deepEqual([1, 4, 8].map((rows) => factors.of(rows)), [1, 3, 8]);
});
