/**
 * What rows that share a step cost together. Rows share one reading of the weights, so a step of four takes far less than
 * four steps; how much less differs between machines and is learnt from what runs.
 */

import type { RowTime } from "../../models/compute/mod.ts";
import { batchRows as batchSizes, factorAt, usualFactors } from "../../plans/mod.ts";

export { batchSizes };
export type BatchSize = typeof batchSizes[number];

/** Steps of both sizes in one window before their ratio is believed. */
const ENOUGH = 8;
/** Part of the way that each window's ratio takes what is believed. */
const PACE = 0.3;

/** The size that a step of so many rows counts as: the largest that is not above it. */
export function batchSizeOf(rows: number): BatchSize {
  return batchSizes.findLast((size) => size <= rows) ?? 1;
}

/** Steps of one size in a window. */
export interface BatchTally {
  steps: number;
  /** Of all of them, milliseconds. */
  total: number;
}

/** How many times as long as a step of one row those of each size take on a device. */
export class BatchFactors {
  readonly #factors = new Map<BatchSize, number>();

  /** Begins with what was measured when a segment was loaded; what steps have taught already stays. */
  begin(measured: readonly RowTime[]): void {
    const single = measured.find(({ rows }) => rows === 1)?.milliseconds ?? NaN;
    for (const size of batchSizes) {
      const ratio = (measured.find(({ rows }) => rows === size)?.milliseconds ?? NaN) / single;
      if (size === 1 || this.#factors.has(size) || !Number.isFinite(ratio)) continue;
      this.#factors.set(size, Math.min(size, Math.max(1, ratio)));
    }
  }

  /** Of so many rows; between sizes it is a straight line. */
  of(rows: number): number {
    return factorAt(batchSizes.map((size) => this.#factors.get(size) ?? factorAt(usualFactors, size)), rows);
  }

  /** Whether anything was measured of a size. */
  knows(size: BatchSize): boolean {
    return this.#factors.has(size);
  }

  /**
   * Learns from steps of one window. Only sizes that ran in the same window are compared: between windows a device may have
   * become slower, which is none of the batch's doing.
   */
  learn(tallies: ReadonlyMap<BatchSize, BatchTally>): void {
    const single = tallies.get(1);
    if (single === undefined || single.steps < ENOUGH) return;
    for (const [size, { steps, total }] of tallies) {
      if (size === 1 || steps < ENOUGH) continue;
      const ratio = (total / steps) / (single.total / single.steps);
      if (!Number.isFinite(ratio) || ratio <= 0) continue;
      this.#factors.set(size, this.of(size) + PACE * (ratio - this.of(size)));
    }
  }
}
