/**
 * Positions of the caches that nobody reads before they are written again: a row that only fills a batch is run there. A
 * sequence is written position by position and reads none behind the one that it writes, so there is one behind the last
 * that was written.
 */
import type { StepRow } from "./messages.ts";

/** How far the slots of a segment are written. */
export class SparePositions {
  readonly #context: number;
  /** The position behind the last one written, by slot. */
  readonly #ends: Int32Array;

  constructor({ context, slots }: { readonly context: number; readonly slots: number }) {
    this.#context = context;
    this.#ends = new Int32Array(slots);
  }

  /** Rows are about to run. A sequence that goes back to an earlier position has no use for what is behind it any more. */
  run(rows: readonly StepRow[]): void {
    for (const { slot, position, count } of rows) this.#ends[slot] = position + count;
  }

  /** A slot is written from elsewhere, up to below `end`: layer by layer, so another layer may be ahead already. */
  wrote(slot: number, end: number): void {
    this.#ends[slot] = Math.max(this.#ends[slot] ?? 0, end);
  }

  /** One in this slot; undefined where the slot is full, or there is no such slot. */
  in(slot: number): number | undefined {
    const end = this.#ends[slot];
    return end === undefined || end >= this.#context ? undefined : end;
  }
}
