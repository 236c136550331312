/**
 * How long a layer takes by the rows of a step. Rows that share a step share one reading of the weights; how much that saves
 * differs by a factor of two between processors, so it is measured on layers of the model itself, once.
 */
import { type Batching, batchRows } from "./batches.ts";
import type { RowTime, StepRow } from "./messages.ts";
import type { Pass, Stage } from "./stage.ts";
import type { HiddenStates } from "./states.ts";

/** Rows that are measured at most. */
export const MOST_ROWS = 16;
const SIZES: readonly number[] = [1, 2, 4, 8, MOST_ROWS];
/** Each size is run so often: the least of its times is the one that nothing else was in. */
const ROUNDS = 3;
/** Another round is begun until then. */
const MOST_MILLISECONDS = 200;
/** What was measured, by the layer's structure and the slots: layers of a model are alike. */
const known = new Map<string, readonly RowTime[]>();

export interface RowTimesOptions {
  readonly slots: number;
  readonly states: HiddenStates;
  readonly batching: Batching;
  /** Lets steps of other segments run. */
  readonly othersTurn: () => Promise<void>;
}

/**
 * Measures loaded layers at their first position, in as many of the first slots as there are rows: nothing may be kept there
 * yet. A layer after the other, since the weights of one that has just run are still in the processor's cache, which those of a
 * real step are not. Nothing comes of no layers.
 */
export async function rowTimesOf(layers: readonly Stage[], options: RowTimesOptions): Promise<readonly RowTime[]> {
  const { slots, othersTurn } = options;
  const [first] = layers;
  if (first === undefined) return [];
  const key = `${slots} ${first.structure}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const least = new Map<number, number>();
  const began = performance.now();
  let runs = 0;
  for (let round = 0; round < ROUNDS && performance.now() - began < MOST_MILLISECONDS; round++) {
    for (const rows of SIZES.filter((size) => size <= slots)) {
      const layer = layers[runs++ % layers.length] as Stage;
      least.set(rows, Math.min(least.get(rows) ?? Infinity, await timeOf(layer, rows, options)));
      await othersTurn();
    }
  }
  const times = [...least].map(([rows, milliseconds]) => ({ rows, milliseconds }));
  known.set(key, times);
  return times;
}

async function timeOf(layer: Stage, count: number, { states, batching }: RowTimesOptions): Promise<number> {
  const rows = Array.from({ length: count }, (_, slot): StepRow => {
    // One row runs as the only answer does, several as answers that step together.
    return { slot, position: 0, count: 1, attention: "single", output: "none", shared: count > 1 };
  });
  const step = { segment: 0, rows, tokens: new Int32Array(count) };
  let milliseconds = 0;
  for (const batch of batchRows(rows, batching)) {
    const pass: Pass = { step, batch, states, result: { tokens: [], ratings: [], logits: [] } };
    states.begin(batch.size, batch.count);
    states.values.fill(0);
    const begin = performance.now();
    await layer.run(pass);
    milliseconds += performance.now() - begin;
  }
  return milliseconds;
}
