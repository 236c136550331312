/** How far Skein's tokens agree with those of PyTorch at float32 (`training/greedy.py` wrote them). */
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import type { Pipeline } from "./pipeline.ts";

const ids = v.array(v.pipe(v.number(), v.integer(), v.minValue(0)));
const schema = v.object({ prompt: ids, greedy: ids });

/** A prompt's tokens and their greedy continuation, the end token included where it came. */
export type Reference = v.InferOutput<typeof schema>;

/** Reads the references of the shipped model, or others of the same form: a line of JSON a prompt. */
export async function readReferences(path?: string): Promise<Reference[]> {
  const text = await readFile(path ?? new URL("../references.jsonl", import.meta.url), "utf8");
  return text.trimEnd().split("\n").map((line) => v.parse(schema, JSON.parse(line)));
}

export interface Agreement {
  readonly prompts: number;
  /** Prompts with the same greedy tokens from first to last. */
  readonly identical: number;
  /** Tokens of all references. */
  readonly positions: number;
  /** Positions at which the most likely token is the reference's, the references before it being given. */
  readonly forced: number;
}

/** Runs each reference greedily, and once more with the reference's own tokens given. */
export async function agreement(pipeline: Pipeline, references: readonly Reference[]): Promise<Agreement> {
  const { manifest: { architecture: { vocabulary } }, tokenizer } = pipeline;
  let identical = 0;
  let positions = 0;
  let forced = 0;
  const longest = Math.max(...references.map(({ greedy }) => greedy.length));
  const answers = await pipeline.complete(references.map(({ prompt }) => prompt), longest);
  for (const [i, { prompt, greedy }] of references.entries()) {
    const wanted = tokenizer.endIds.has(greedy.at(-1) ?? -1) ? greedy.slice(0, -1) : greedy;
    const answer = answers[i]?.slice(0, greedy.length) ?? [];
    if (answer.length === wanted.length && wanted.every((id, at) => id === answer[at])) identical++;
    const logits = await pipeline.logits([...prompt, ...greedy.slice(0, -1)]);
    for (const [at, id] of greedy.entries()) {
      const row = prompt.length - 1 + at;
      positions++;
      if (argmax(logits.subarray(row * vocabulary, (row + 1) * vocabulary)) === id) forced++;
    }
  }
  return { prompts: references.length, identical, positions, forced };
}

function argmax(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] ?? 0) > (logits[best] ?? 0)) best = i;
  return best;
}
