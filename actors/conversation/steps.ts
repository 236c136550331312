/** How a conversation feeds its sequence to the pipeline. Pure: tokens in, forward rows out. */
import type { ForwardRow } from "../executor/protocol.ts";

/** Tokens of one prefill chunk: large enough for full speed, small enough that other sequences' steps get in between. */
export const CHUNK_TOKENS = 128;
/** Chunks under way at once: enough to keep a pipeline of devices busy, few enough that queues stay short. */
export const CHUNKS_IN_FLIGHT = 4;

/** The prefill of a sequence, chunk by chunk. */
export class Prefill {
  readonly #sequence: string;
  readonly #tokens: readonly number[];
  #sent = 0;
  #inFlight = 0;

  constructor(sequence: string, tokens: readonly number[]) {
    this.#sequence = sequence;
    this.#tokens = tokens;
  }

  /** A chunk has come out at the end of the pipeline. */
  arrived(): void {
    this.#inFlight--;
  }

  /** The chunks that may go in now. The last one asks for a token. */
  take(): ForwardRow[] {
    const rows: ForwardRow[] = [];
    while (this.#inFlight < CHUNKS_IN_FLIGHT && this.#sent < this.#tokens.length) {
      const tokens = this.#tokens.slice(this.#sent, this.#sent + CHUNK_TOKENS);
      rows.push({
        sequence: this.#sequence,
        position: this.#sent,
        tokens,
        sample: this.#sent + tokens.length === this.#tokens.length,
      });
      this.#sent += tokens.length;
      this.#inFlight++;
    }
    return rows;
  }
}
