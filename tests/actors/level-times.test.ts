/** Steps at levels of an elastic model, and what they tell of a device. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StepTimes } from "../../actors/executor/behaviour.ts";
import { COLD_STEPS } from "../../actors/monitor/segment-work.ts";
import { WorkTimes } from "../../actors/monitor/work-times.ts";
import { workingSegment } from "../../actors/monitor/working-segment.ts";
import type { Manifest } from "../../models/manifest.ts";

/** An anchor, then a layer of four slices. */
const SEGMENT = {
  model: "m",
  first: 1,
  last: 2,
  kinds: ["layer", "layer"],
  elastic: { levels: 4, sliced: [false, true] },
} as const;

function scene(segment: Parameters<WorkTimes["begin"]>[0] = SEGMENT) {
  const work = new WorkTimes();
  const record = work.begin(segment);
  const run = (count: number, blockMilliseconds: readonly number[], more: Partial<StepTimes> = {}) => {
    for (let index = 0; index < count; index++) {
      const stepMilliseconds = blockMilliseconds.reduce((sum, took) => sum + took, 1);
      const step = { rows: 1, tokens: 1, blockMilliseconds, stepMilliseconds, at: index, sequences: [1] };
      record({ ...step, queueMilliseconds: [0], ...more });
    }
  };
  run(COLD_STEPS, [2, 4]);
  if (segment.elastic?.sliced.includes(true) === true) run(COLD_STEPS, [200, 400], { levels: [1] });
  return { work, run };
}

const times = (work: WorkTimes) => work.of("m").map(({ decodeMilliseconds }) => Number(decodeMilliseconds.toFixed(3)));

test("steps of a level that has not run beside the whole say nothing of the device's speed", () => {
  const { work, run } = scene();
  run(64, [2, 4]);
  work.takeWindows(0);
  run(64, [2, 1.5], { levels: [1] });
  assert.deepEqual(times(work), [2, 4]);
  const [window] = work.takeWindows(0);
  assert.deepEqual([window?.steps, window?.tokens, window?.whole], [0, 64, false]);
});

test("once it has, in three windows, they count as what the whole would have taken", () => {
  const { work, run } = scene();
  for (let window = 0; window < 3; window++) {
    run(10, [2, 4], { levels: [4] });
    run(10, [2, 1.5], { levels: [1] });
    work.takeWindows(0);
  }
  assert.deepEqual(work.levels("m"), [{ level: 1, decodeShare: 0.375 }]);
  run(10, [6, 4.5], { levels: [1] });
  const [window] = work.takeWindows(0);
  assert.equal(window?.steps, 10);
  assert.equal(window.stepMilliseconds, 6 + 12, "three times as slow, seen at the lowest level only");
});

test("what a level takes is not learnt from a device that has become slower meanwhile", () => {
  const { work, run } = scene();
  run(20, [2, 4]);
  work.takeWindows(0);
  run(20, [6, 4.5], { levels: [1] });
  work.takeWindows(0);
  assert.deepEqual(work.levels("m"), []);
});

test("prompts tell of levels by themselves, and a lower one's are not the device's speed", () => {
  const { work, run } = scene();
  run(10, [2, 4]);
  run(2, [100, 100], { tokens: 100 });
  run(2, [100, 30], { tokens: 100, levels: [1] });
  work.takeWindows(0);
  assert.deepEqual(work.levels("m"), [{ level: 1, prefillShare: 0.3 }]);
  assert.equal(work.of("m")[1]?.prefillMillisecondsPerToken, 1);
});

test("a step of several levels runs one after another; it tells nothing before all of them are known", () => {
  const { work, run } = scene();
  const mixed = { rows: 2, tokens: 2, levels: [1, 4], sequences: [1, 2] };
  run(10, [4, 5.5], mixed);
  const [window] = work.takeWindows(0);
  assert.deepEqual([window?.steps, window?.tokens, window?.sequences, window?.whole], [0, 20, 2, false]);
  assert.deepEqual(times(work), []);
  for (let windows = 0; windows < 3; windows++) {
    run(10, [2, 4]);
    run(10, [2, 1.5], { levels: [1] });
    work.takeWindows(0);
  }
  run(10, [12, 16.5], mixed);
  assert.equal(work.takeWindows(0)[0]?.stepMilliseconds, 6 + 12, "three times as slow");
});

test("where nothing of a segment is sliced its speed shows at every level, but tokens come as fast as others make them", () => {
  const { work, run } = scene({ ...SEGMENT, elastic: { levels: 4, sliced: [false, false] } });
  run(10, [2, 4], { levels: [1] });
  const [window] = work.takeWindows(0);
  assert.deepEqual([window?.steps, window?.whole], [10, false]);
  assert.deepEqual(times(work), [2, 4]);
});

test("a segment knows its sliced layers by the manifest: none of the embedding, anchors and the head", () => {
  const blocks = ["embed", "layer", "layer", "layer", "head"].map((kind, index) => ({ kind, index }));
  const manifest = { blocks, elastic: { slices: 4, anchors: [0] } } as unknown as Pick<Manifest, "blocks" | "elastic">;
  const run = { model: "m", first: 1, last: 4 };
  assert.deepEqual(workingSegment(manifest, run), {
    ...run,
    kinds: ["layer", "layer", "layer", "head"],
    elastic: { levels: 4, sliced: [false, true, true, false] },
  });
  assert.deepEqual(workingSegment({ blocks: manifest.blocks }, run), {
    ...run,
    kinds: ["layer", "layer", "layer", "head"],
  });
});
