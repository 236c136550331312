/** Rows that share kernels: the same bits whichever rows they share with, and whatever is run along in slots between. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ComputeSegment, StepRow } from "../../models/compute/mod.ts";
import { CONTEXT, openSegments, row, run, SLOTS, type Subject, withSubject } from "./compute-subject.ts";
import { syntheticModel } from "./synthetic-model.ts";

const SHAPE = { layers: 2, width: 256, heads: 4, kvHeads: 2, headSize: 64, feedForward: 256 };

const shared = (slot: number, position: number, count = 1): StepRow => {
  return { ...row(slot, position, count), attention: "single", shared: true };
};

/** All that a slot's caches hold of the first positions, as numbers that differ in every bit. */
async function bits(segments: readonly ComputeSegment[], slot: number, to: number): Promise<number[]> {
  const caches = await Promise.all(segments.map((segment) => segment.readCache("all", slot, 0, to)));
  return caches.flatMap((cache) => [...new Int32Array(cache.buffer)]);
}

const promptOf = (slot: number) => Array.from({ length: 3 + 2 * slot }, (_, at) => (slot * 41 + at * 7) % 256);
const tokenOf = (slot: number, step: number) => (slot * 37 + step * 11) % 256;

/** What a sequence gets that shares kernels with nobody: its logits, step by step, and its caches' bits. */
async function byItself(subject: Subject, slot: number, steps: number) {
  const segments = await openSegments(subject, []);
  const prompt = promptOf(slot);
  await run(segments, [row(slot, 0, prompt.length)], prompt);
  const logits: (Float32Array | undefined)[] = [];
  for (let step = 0; step < steps; step++) {
    logits.push((await run(segments, [shared(slot, prompt.length + step)], [tokenOf(slot, step)]))[0]);
  }
  const cache = await bits(segments, slot, prompt.length + steps);
  for (const segment of segments) await segment.close();
  return { logits, cache };
}

for (const quantize of ["keep", "8", "4"] as const) {
  test(`a row that shares has the same bits in any set of slots, and no cache in use changes (weights: ${quantize})`, async () => {
    await withSubject(quantize, async (subject) => {
      const STEPS = 5;
      const expected: Awaited<ReturnType<typeof byItself>>[] = [];
      for (let slot = 0; slot < SLOTS; slot++) expected.push(await byItself(subject, slot, STEPS));
      const sets = fc.array(fc.subarray([...Array(SLOTS).keys()], { minLength: 1 }), { minLength: 1, maxLength: 10 });
      await fc.assert(
        fc.asyncProperty(sets, fc.integer({ min: 1, max: 3 }), async (sets, cut) => {
          const segments = await openSegments(subject, [cut]);
          const done = new Array<number>(SLOTS).fill(0);
          for (let slot = 0; slot < SLOTS; slot++) {
            await run(segments, [row(slot, 0, promptOf(slot).length)], promptOf(slot));
          }
          for (const set of sets) {
            const slots = set.filter((slot) => (done[slot] ?? 0) < STEPS);
            if (slots.length === 0) continue;
            const rows = slots.map((slot) => shared(slot, promptOf(slot).length + (done[slot] ?? 0)));
            const logits = await run(segments, rows, slots.map((slot) => tokenOf(slot, done[slot] ?? 0)));
            for (const [index, slot] of slots.entries()) {
              const step = done[slot] ?? 0;
              assert.deepEqual(logits[index], expected[slot]?.logits[step], `slot ${slot}, step ${step}`);
              done[slot] = step + 1;
            }
          }
          for (let slot = 0; slot < SLOTS; slot++) {
            const to = promptOf(slot).length + (done[slot] ?? 0);
            const own = await bits(segments, slot, to);
            const whole = await bitsUpTo(subject, slot, to);
            assert.ok(own.every((value, at) => value === whole[at]) && own.length === whole.length, `slot ${slot}`);
          }
          for (const segment of segments) await segment.close();
        }),
        { numRuns: 10 },
      );
    }, syntheticModel("llama", SHAPE));
  });
}

/** The caches' bits of a sequence by itself after so many positions. */
async function bitsUpTo(subject: Subject, slot: number, to: number): Promise<number[]> {
  const { cache } = await byItself(subject, slot, to - promptOf(slot).length);
  return cache;
}

test("tokens of an answer that shares leave the same bits when they are run again, however they are cut", async () => {
  await withSubject("4", async (subject) => {
    const { cache, logits } = await byItself(subject, 1, 8);
    const prompt = promptOf(1);
    for (const cuts of [[8], [1, 7], [3, 3, 2]]) {
      const segments = await openSegments(subject, []);
      await run(segments, [row(1, 0, prompt.length)], prompt);
      let from = 0;
      let last: Float32Array | undefined;
      for (const count of cuts) {
        const tokens = Array.from({ length: count }, (_, at) => tokenOf(1, from + at));
        [last] = await run(segments, [shared(1, prompt.length + from, count)], tokens);
        from += count;
      }
      assert.deepEqual(await bits(segments, 1, prompt.length + 8), cache);
      const vocabulary = subject.manifest.architecture.vocabulary;
      assert.deepEqual(last?.slice(-vocabulary), logits.at(-1));
      for (const segment of segments) await segment.close();
    }
  }, syntheticModel("llama", SHAPE));
});

test("a slot that is full is never run along in", async () => {
  await withSubject("4", async (subject) => {
    const segments = await openSegments(subject, []);
    const tokens = Array.from({ length: CONTEXT }, (_, at) => at);
    for (const slot of [0, 2]) await run(segments, [row(slot, 0, CONTEXT)], tokens);
    const before = [await bits(segments, 0, CONTEXT), await bits(segments, 2, CONTEXT)];
    await run(segments, [row(1, 0, 3)], [1, 2, 3]);
    await run(segments, [shared(1, 3)], [4]);
    assert.deepEqual([await bits(segments, 0, CONTEXT), await bits(segments, 2, CONTEXT)], before);
  }, syntheticModel("llama", SHAPE));
});
