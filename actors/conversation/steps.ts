/** How a conversation feeds its sequence to the pipeline. Pure: tokens in, chunks out. */

/** Tokens of one prefill chunk: large enough for full speed, small enough that other sequences' steps get in between. */
export const CHUNK_TOKENS = 128;
/** Chunks under way at once: enough to keep a pipeline of devices busy, few enough that queues stay short. */
export const CHUNKS_IN_FLIGHT = 4;

/** A piece of a prompt. */
export interface Chunk {
  /** Position of the first of `tokens`. */
  readonly position: number;
  readonly tokens: Int32Array;
  /** Whether it is the last one, which asks for a token. */
  readonly sample: boolean;
}

/** The prefill of a sequence, chunk by chunk. */
export class Prefill {
  readonly #tokens: Int32Array;
  #sent = 0;
  #inFlight = 0;

  constructor(tokens: readonly number[]) {
    this.#tokens = Int32Array.from(tokens);
  }

  /** A chunk has come out at the end of the pipeline. */
  arrived(): void {
    this.#inFlight--;
  }

  /** The chunks that may go in now. */
  take(): Chunk[] {
    const chunks: Chunk[] = [];
    while (this.#inFlight < CHUNKS_IN_FLIGHT && this.#sent < this.#tokens.length) {
      const tokens = this.#tokens.subarray(this.#sent, this.#sent + CHUNK_TOKENS);
      chunks.push({ position: this.#sent, tokens, sample: this.#sent + tokens.length === this.#tokens.length });
      this.#sent += tokens.length;
      this.#inFlight++;
    }
    return chunks;
  }
}
