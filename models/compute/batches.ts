/** Which rows of a step run through the blocks together. */
import type { StepRow } from "./messages.ts";

/** Rows of equal length in neighbouring slots: one batch of `rows.length` x `count` tokens. */
export interface Batch {
  /** The lowest slot; the others follow without a gap. */
  readonly slot: number;
  /** Tokens of each row. */
  readonly count: number;
  /** Indices into the step's rows, in the order of their slots. */
  readonly rows: readonly number[];
}

/**
 * Groups rows into batches. Decode rows (one token) of neighbouring slots share a batch, because a KV cache of neighbouring
 * slots is one contiguous tensor; a prefill row runs alone, since it fills the cores by itself.
 */
export function batchRows(rows: readonly StepRow[]): Batch[] {
  const order = rows.map((_, index) => index).sort((a, b) => slotOf(rows, a) - slotOf(rows, b));
  const batches: { slot: number; count: number; rows: number[] }[] = [];
  for (const index of order) {
    const row = rows[index] as StepRow;
    const last = batches.at(-1);
    if (last !== undefined && row.count === 1 && last.count === 1 && row.slot === last.slot + last.rows.length) {
      last.rows.push(index);
    } else {
      batches.push({ slot: row.slot, count: row.count, rows: [index] });
    }
  }
  return batches;
}

function slotOf(rows: readonly StepRow[], index: number): number {
  return rows[index]?.slot ?? 0;
}
