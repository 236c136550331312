/**
 * What an exact take-over is made of: a token leaves the same bits in every cache, and is followed by the same one, whoever
 * runs it again and whatever is run beside it, as long as it attends the way it did first.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { startLocalCompute } from "../../actors/daemon/start-compute.ts";
import { cutChunks } from "../../models/compute/chunks.ts";
import type { ComputeSegment, StepRow } from "../../models/compute/mod.ts";
import { CONTEXT, openSegments, row, run, SLOTS, type Subject, withCompiled } from "./compute-subject.ts";
import { argmax } from "./plain-runner.ts";
import { type SyntheticModel, syntheticModel, writeFolder, writeGgufModel } from "./synthetic-model.ts";

/** A prompt and what was drawn after it. */
interface Answer {
  readonly prompt: readonly number[];
  readonly drawn: readonly number[];
}

/** How an answer is taken up. */
interface TakeOver {
  /** Blocks before which the segments end. */
  readonly cuts: readonly number[];
  readonly slot: number;
  /** Tokens of the answer that had been drawn. */
  readonly drawn: number;
  /** Most tokens of a chunk of the prompt, and of a run of the answer. */
  readonly chunk: number;
  readonly replay: number;
  /** Slots whose sequences step along. */
  readonly beside: readonly number[];
}

const single = (slot: number, position: number, count: number): StepRow => {
  return { ...row(slot, position, count), attention: "single" };
};

/** Runs a prompt in chunks, or by itself where it is one token; returns the token that follows. */
async function read(segments: readonly ComputeSegment[], slot: number, prompt: readonly number[], chunk: number) {
  let position = 0;
  let next = -1;
  for (const count of prompt.length === 1 ? [1] : cutChunks(prompt.length, chunk)) {
    const tokens = prompt.slice(position, position + count);
    next = lastToken(await run(segments, [row(slot, position, count)], tokens), 0, count);
    position += count;
  }
  return next;
}

/** The likeliest token after the last one of a row. */
function lastToken(logits: readonly (Float32Array | undefined)[], row: number, count: number): number {
  const own = logits[row] ?? new Float32Array(0);
  return argmax(own.subarray(own.length / count * (count - 1)));
}

/** Everything that a sequence has in the caches of the layers, in order. */
async function cached(
  segments: readonly ComputeSegment[],
  { blocks }: Subject,
  cuts: readonly number[],
  slot: number,
  to: number,
) {
  const caches: Float32Array[] = [];
  const ends = [...cuts, blocks.length];
  for (const [index, segment] of segments.entries()) {
    const own = blocks.slice(index === 0 ? 0 : ends[index - 1], ends[index]).filter(({ kind }) => kind === "layer");
    for (const layer of own.keys()) caches.push(await segment.readCache(layer, slot, 0, to));
  }
  return caches;
}

/** Answers a prompt alone and undisturbed, greedily; returns what was drawn and what the caches hold. */
async function undisturbed(subject: Subject, prompt: readonly number[], count: number) {
  const segments = await openSegments(subject, []);
  const drawn = [await read(segments, 0, prompt, CONTEXT)];
  while (drawn.length < count) {
    const position = prompt.length + drawn.length - 1;
    drawn.push(lastToken(await run(segments, [single(0, position, 1)], [drawn.at(-1) ?? -1]), 0, 1));
  }
  const caches = await cached(segments, subject, [], 0, prompt.length + count - 1);
  for (const segment of segments) await segment.close();
  return { answer: { prompt, drawn }, caches };
}

/** Takes an answer up on other segments and goes on to its end, beside others; returns the same. */
async function takenUp(subject: Subject, { prompt, drawn }: Answer, how: TakeOver) {
  const { cuts, slot, chunk, replay } = how;
  const segments = await openSegments(subject, cuts);
  const others = how.beside.filter((other) => other !== slot);
  for (const other of others) await read(segments, other, [other + 1, 7, 30], chunk);
  let next = await read(segments, slot, prompt, chunk);
  const known = drawn.slice(0, how.drawn);
  for (let from = 0; from < known.length; from += replay) {
    const tokens = known.slice(from, from + replay);
    const logits = await run(segments, [single(slot, prompt.length + from, tokens.length)], tokens);
    next = lastToken(logits, 0, tokens.length);
  }
  const again = [...known, next];
  for (let step = 3; again.length < drawn.length; step++) {
    const rows = [single(slot, prompt.length + again.length - 1, 1), ...others.map((other) => single(other, step, 1))];
    const tokens = [again.at(-1) ?? -1, ...others.map((other) => 50 * other + step)];
    again.push(lastToken(await run(segments, rows, tokens), 0, 1));
  }
  const caches = await cached(segments, subject, cuts, slot, prompt.length + drawn.length - 1);
  for (const segment of segments) await segment.close();
  return { drawn: again.slice(0, drawn.length), caches };
}

/** How many of the elements differ. Two lists of thousands are no message that anybody could read. */
function different(actual: Float32Array, expected: Float32Array | undefined): number {
  return actual.filter((value, at) => !Object.is(value, expected?.[at])).length +
    (actual.length === expected?.length ? 0 : 1);
}

const sizes = { layers: 3, width: 256, heads: 4, kvHeads: 2, headSize: 64, feedForward: 256 };
const llama = syntheticModel("llama", sizes);
const folder = (model: SyntheticModel) => (path: string) => writeFolder(path, model);
const models = {
  "float32": { write: folder(llama), quantize: "keep" },
  "Q8_0": { write: folder(llama), quantize: "8" },
  "Q4_0": { write: folder(llama), quantize: "4" },
  "Q4_0, norms of heads": { write: folder(syntheticModel("qwen3", sizes)), quantize: "4" },
  "Q4_K": {
    write: (path: string) => {
      return writeGgufModel(`${path}.gguf`, llama, { quantized: /\.weight$(?<!norm\.weight)/, quantizedAs: "Q4_K" });
    },
    quantize: "keep",
  },
} as const;

for (const [name, { write, quantize }] of Object.entries(models)) {
  test(`an answer that is taken up has the bits and tokens that it has undisturbed (${name})`, async () => {
    await withCompiled(write, async (subject) => {
      // Whoever takes it up may have more threads.
      await using compute = startLocalCompute({ threads: 2 });
      const cases = fc.record({
        prompt: fc.array(fc.integer({ min: 3, max: 250 }), { minLength: 1, maxLength: 20 }),
        count: fc.integer({ min: 2, max: 24 }),
        drawn: fc.nat(23),
        cuts: fc.uniqueArray(fc.integer({ min: 1, max: subject.blocks.length - 1 }), { maxLength: 4 }),
        slot: fc.nat(SLOTS - 1),
        chunk: fc.integer({ min: 3, max: 24 }),
        replay: fc.integer({ min: 1, max: 24 }),
        beside: fc.subarray([0, 1, 2, 3]),
      });
      await fc.assert(
        fc.asyncProperty(cases, async ({ prompt, count, cuts, ...how }) => {
          const { answer, caches } = await undisturbed(subject, prompt, count);
          const takeOver = { ...how, cuts: cuts.sort((a, b) => a - b), drawn: Math.min(how.drawn, count - 1) };
          const again = await takenUp({ ...subject, compute }, answer, takeOver);
          assert.deepEqual(again.drawn, answer.drawn);
          assert.deepEqual(again.caches.map((cache, layer) => different(cache, caches[layer])), caches.map(() => 0));
        }),
        { numRuns: 20 },
      );
    }, { quantize });
  });
}
