/** Whose caches go where when one plan takes the place of another. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { inCommon } from "../../actors/executor/heir.ts";
import { bequestsBetween, heritageOf } from "../../actors/leader/heritage.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import { sourcesOf } from "../../actors/supervisor/heritage.ts";
import { fakeManifest } from "./mesh/fake-model.ts";

const LAYERS = 7;
const { blocks } = fakeManifest(LAYERS);

interface Run {
  readonly device: string;
  readonly first: number;
  readonly last: number;
}

/** Runs that cover all blocks, each on a device of its own. */
const runs: fc.Arbitrary<Run[]> = fc.tuple(
  fc.uniqueArray(fc.integer({ min: 1, max: blocks.length - 1 }), { maxLength: 4 }),
  fc.shuffledSubarray(["a", "b", "c", "d", "e"], { minLength: 5 }),
).map(([cuts, devices]) => {
  const starts = [0, ...cuts.toSorted((a, b) => a - b)];
  return starts.map((first, index) => {
    return { device: devices[index] ?? "", first, last: (starts[index + 1] ?? blocks.length) - 1 };
  });
});

function planOf(segments: readonly Run[]): ActivePlan {
  return {
    number: { term: 1, epoch: 1 },
    model: { id: "", name: "", blocks: blocks.length },
    planner: "even",
    context: 64,
    concurrency: 2,
    segments: segments.map(({ device, first, last }) => {
      const ref = { device, path: "/supervisor/executor-1", incarnation: "1", channel: "tensors" as const };
      return { device, name: device, first, last, bytes: 0, ref };
    }),
  };
}

test("every layer of a segment that is new on its device comes from where it is now, and no other layer moves", () => {
  fc.assert(fc.property(runs, runs, (before, after) => {
    const inForce = planOf(before);
    for (const run of after) {
      const heritage = heritageOf(inForce, run);
      const stays = before.some((old) => old.device === run.device && old.first === run.first && old.last === run.last);
      if (stays) {
        assert.deepEqual(heritage, []);
        continue;
      }
      const layer = (index: number, first: number) =>
        blocks.slice(first, index).filter(({ kind }) => kind === "layer").length;
      const came = sourcesOf({ ...run, heritage }, { blocks }).flatMap(({ ref, from, to, layers }) =>
        Array.from({ length: layers }, (_, n) => ({ device: ref.device, from: from + n, to: to + n }))
      );
      const wanted = blocks.slice(run.first, run.last + 1).filter(({ kind }) => kind === "layer").map(({ index }) => {
        const old = before.find(({ first, last }) => first <= index && index <= last);
        return { device: old?.device, from: layer(index, old?.first ?? 0), to: layer(index, run.first) };
      });
      assert.deepEqual(came, wanted);
    }
  }));
});

test("a segment lends to just those that take blocks over from it", () => {
  fc.assert(fc.property(runs, runs, (before, after) => {
    const inForce = planOf(before);
    const pairs = bequestsBetween(inForce, after).flatMap(({ segment, heirs }) => {
      return heirs.map((heir) => `${segment.device} to ${heir}`);
    });
    const wanted = after.flatMap((run) => heritageOf(inForce, run).map(({ device }) => `${device} to ${run.device}`));
    assert.deepEqual(pairs.toSorted(), wanted.toSorted());
  }));
});

test("without a plan in force, or where a block is nowhere, there is nothing to inherit", () => {
  assert.deepEqual(heritageOf(undefined, { device: "a", first: 0, last: 3 }), []);
  const [first] = planOf([{ device: "a", first: 0, last: 3 }]).segments;
  const partial = { ...planOf([]), segments: first === undefined ? [] : [first] };
  assert.deepEqual(heritageOf(partial, { device: "b", first: 2, last: 5 }), []);
  assert.deepEqual(heritageOf(partial, { device: "b", first: 2, last: 3 }).map(({ device }) => device), ["a"]);
});

test("of a sequence that several segments lend, what all of them have is taken", () => {
  const holding = (number: number, slot: number, ...ids: readonly number[]) => ({
    number,
    slot,
    ids: Int32Array.from(ids),
  });
  assert.deepEqual(inCommon([]), []);
  assert.deepEqual(inCommon([[holding(1, 0, 5, 6, 7)]]), [holding(1, 0, 5, 6, 7)]);
  const common = inCommon([
    [holding(1, 0, 5, 6, 7), holding(2, 1, 8), holding(3, 2, 9), holding(4, 3, 1)],
    [holding(1, 0, 5, 6), holding(3, 4, 9), holding(4, 3, 2)],
  ]);
  assert.deepEqual(common, [holding(1, 0, 5, 6)]);
});
