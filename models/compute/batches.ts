/**
 * Which tokens of a step run through the blocks together. The kernels round a token that runs alone differently from one among
 * others, in the attention on every processor, in 4-bit products on some: so no token of a chunk is ever alone in a batch. How
 * those that attend by themselves are run is the layers' business.
 */
import { cutChunks } from "./chunks.ts";
import type { Attention, StepRow } from "./messages.ts";

/**
 * Tokens of one pass at most. ONNX Runtime shares 4-bit products out to its threads 128 rows at a time, and the 129th would run
 * alone.
 */
const PASS_TOKENS = 128;

/** The tokens of one row that are in a batch. */
export interface Part {
  /** Index into the step's rows. */
  readonly row: number;
  /** Where they begin among the row's tokens… */
  readonly from: number;
  /** …and among those of all rows. */
  readonly offset: number;
  /** Position of the first of them. */
  readonly position: number;
}

/** Parts of equal length in neighbouring slots: one pass of `parts.length` x `count` tokens. */
export interface Batch {
  /** The lowest slot; the others follow without a gap. */
  readonly slot: number;
  /** Tokens of each part. */
  readonly count: number;
  readonly attention: Attention;
  /** In the order of their slots. */
  readonly parts: readonly Part[];
}

/**
 * Cuts the rows of a step into batches, in an order that keeps a row's tokens one behind another. Rows of one token of
 * neighbouring slots share a batch, because a KV cache of neighbouring slots is one contiguous tensor; others run by
 * themselves, since they fill the cores.
 */
export function batchRows(rows: readonly StepRow[]): Batch[] {
  const batches: { slot: number; count: number; attention: Attention; parts: Part[] }[] = [];
  for (const { row, offset } of bySlot(rows)) {
    const { slot, position, count, attention } = rows[row] as StepRow;
    let from = 0;
    for (const size of cut(count, attention)) {
      const part = { row, from, offset: offset + from, position: position + from };
      const last = batches.at(-1);
      const joins = size === 1 && last !== undefined && last.count === 1 && last.parts.length < PASS_TOKENS &&
        slot === last.slot + last.parts.length;
      if (joins) last.parts.push(part);
      else batches.push({ slot, count: size, attention, parts: [part] });
      from += size;
    }
  }
  return batches;
}

/** The rows in the order of their slots, and where their tokens begin. */
function bySlot(rows: readonly StepRow[]): { readonly row: number; readonly offset: number }[] {
  let offset = 0;
  const places = rows.map(({ count }, row) => {
    offset += count;
    return { row, offset: offset - count };
  });
  return places.sort((a, b) => slotOf(rows, a.row) - slotOf(rows, b.row));
}

function slotOf(rows: readonly StepRow[], index: number): number {
  return rows[index]?.slot ?? 0;
}

/** The tokens of a row, pass by pass. */
function cut(count: number, attention: Attention): number[] {
  switch (attention) {
    case "single":
      return Array.from({ length: Math.ceil(count / PASS_TOKENS) }, (_, index) => {
        return Math.min(PASS_TOKENS, count - index * PASS_TOKENS);
      });
    case "chunk":
      return cutChunks(count, PASS_TOKENS);
    default:
      return attention satisfies never;
  }
}
