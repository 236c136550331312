/** What a segment computes next. Pure: rows wait here between their arrival and their step. */
import type { ForwardRow } from "./protocol.ts";

/** A row that waits, with its hidden states [tokens, width] where the segment does not hold the embedding. */
export interface WaitingRow {
  readonly row: ForwardRow;
  readonly hidden: Float32Array | undefined;
}

/**
 * Decode rows and prefill chunks wait in lines of their own. A step takes every decode row that waits (they share one
 * reading of the weights), or else one prefill chunk; after a decode step a chunk has its turn, so neither starves.
 */
export class StepQueue {
  readonly #decode: WaitingRow[] = [];
  readonly #prefill: WaitingRow[] = [];
  #prefillTurn = false;

  get length(): number {
    return this.#decode.length + this.#prefill.length;
  }

  push(waiting: WaitingRow): void {
    const { row } = waiting;
    // A prompt of one token, or a chunk's single last token, must stay behind the chunks before it.
    const follows = this.#prefill.some((other) => other.row.sequence === row.sequence);
    (row.tokens.length === 1 && !follows ? this.#decode : this.#prefill).push(waiting);
  }

  /** The rows of the next step, at most `limit` of them; empty where nothing waits. */
  take(limit: number): WaitingRow[] {
    const prefill = this.#prefill.length > 0 && (this.#prefillTurn || this.#decode.length === 0);
    this.#prefillTurn = !prefill;
    if (!prefill) return this.#decode.splice(0, limit);
    return this.#prefill.splice(0, 1);
  }

  /** Forgets a sequence's rows. */
  drop(sequence: string): void {
    for (const line of [this.#decode, this.#prefill]) {
      for (let index = line.length - 1; index >= 0; index--) {
        if (line[index]?.row.sequence === sequence) line.splice(index, 1);
      }
    }
  }
}
