/** What a segment computes next. Pure: rows wait here between their arrival and their step. */
import type { Row } from "./forward.ts";
import type { Sequence } from "./sequences.ts";

/** A row that waits for its step. */
export interface QueuedRow {
  readonly sequence: Sequence;
  readonly row: Row;
  /** When it came, on the executor's clock. */
  readonly arrived: number;
}

/** The two lines: tokens that continue an answer, guesses with them, and pieces of prompts. */
export type Line = "decode" | "prefill";

/** What a policy decides on. */
export interface Waiting {
  readonly decode: readonly QueuedRow[];
  readonly prefill: readonly QueuedRow[];
  /** Which line the last step was of. */
  readonly last: Line | undefined;
}

/** Decides of which line, and of how many rows from its front, the next step is. At least one line has rows. */
export type StepPolicy = (waiting: Waiting) => { readonly line: Line; readonly rows: number };

/**
 * A step takes every decode row that waits (they share one reading of the weights), or else one prefill chunk; after a
 * decode step a chunk has its turn, so neither starves.
 */
export function takeTurns({ decode, prefill, last }: Waiting): ReturnType<StepPolicy> {
  const chunk = prefill.length > 0 && (last === "decode" || decode.length === 0);
  return chunk ? { line: "prefill", rows: 1 } : { line: "decode", rows: decode.length };
}

/** The rows that wait, in a line for decode and one for prefill. */
export class StepQueue {
  readonly #lines: Readonly<Record<Line, QueuedRow[]>> = { decode: [], prefill: [] };
  readonly #policy: StepPolicy;
  #last: Line | undefined;

  constructor(policy: StepPolicy = takeTurns) {
    this.#policy = policy;
  }

  /** Rows that wait in each line. */
  get lengths(): Readonly<Record<Line, number>> {
    return { decode: this.#lines.decode.length, prefill: this.#lines.prefill.length };
  }

  get isEmpty(): boolean {
    return this.#lines.decode.length + this.#lines.prefill.length === 0;
  }

  push(queued: QueuedRow): void {
    const { decode, prefill } = this.#lines;
    // A prompt of one token, or a chunk's single last token, must stay behind the chunks before it.
    const follows = prefill.some(({ sequence }) => sequence === queued.sequence);
    const { tokens, sample } = queued.row;
    ((tokens.length === 1 || sample === "each") && !follows ? decode : prefill).push(queued);
  }

  /** The rows of the next step, at most `limit` of them; empty where nothing waits. */
  take(limit: number): QueuedRow[] {
    if (this.isEmpty) return [];
    const { line, rows } = this.#policy({ ...this.#lines, last: this.#last });
    this.#last = line;
    return this.#lines[line].splice(0, Math.min(rows, limit));
  }

  /** Forgets a sequence's rows. */
  drop(sequence: Sequence): void {
    for (const line of [this.#lines.decode, this.#lines.prefill]) {
      for (let index = line.length - 1; index >= 0; index--) {
        if (line[index]?.sequence === sequence) line.splice(index, 1);
      }
    }
  }
}
