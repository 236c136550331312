/**
 * How a conversation feeds its sequence to the pipeline. Pure: tokens in, runs out.
 *
 * Whoever takes an answer up runs each token as it was run first, the prompt's in chunks and the answer's by themselves: then
 * the caches are bit for bit those that were lost, and the answer goes on with the tokens that it would have had.
 */
import { cutChunks } from "../../models/compute/chunks.ts";
import type { Run } from "../pipeline.ts";

/** Tokens of one prefill chunk: large enough for full speed, small enough that other sequences' steps get in between. */
export const CHUNK_TOKENS = 128;
/** Tokens of an answer that are run again at once: they can take as long as they first did. */
export const REPLAY_TOKENS = 32;
/** Runs under way at once: enough to keep a pipeline of devices busy, few enough that queues stay short. */
export const CHUNKS_IN_FLIGHT = 4;

/** The tokens that a sequence begins with, run by run. */
export class Prefill {
  readonly #runs: readonly Run[];
  #sent = 0;
  #inFlight = 0;

  /** @param generated what an earlier conversation drew */
  constructor(prompt: Int32Array, generated: readonly number[]) {
    this.#runs = runsOf(prompt, generated);
  }

  /** A run has come out at the end of the pipeline. */
  arrived(): void {
    this.#inFlight--;
  }

  /** The runs that may go in now. The last one asks for a token. */
  take(): readonly Run[] {
    const runs = this.#runs.slice(this.#sent, this.#sent + CHUNKS_IN_FLIGHT - this.#inFlight);
    this.#sent += runs.length;
    this.#inFlight += runs.length;
    return runs;
  }
}

/** The step of a token that was drawn: it asks for the one that follows. */
export function nextToken(position: number, token: number): Run {
  return { position, tokens: Int32Array.of(token), attention: "single", sample: true };
}

function runsOf(prompt: Int32Array, generated: readonly number[]): Run[] {
  const tokens = Int32Array.from([...prompt, ...generated]);
  // A prompt of one token has no others to attend with.
  const chunks = prompt.length === 1 ? [] : cutChunks(prompt.length, CHUNK_TOKENS);
  const runs: Run[] = [];
  let position = 0;
  const add = (count: number, attention: Run["attention"]): void => {
    const end = Math.min(position + count, tokens.length);
    runs.push({ position, tokens: tokens.subarray(position, end), attention, sample: end === tokens.length });
    position = end;
  };
  for (const count of chunks) add(count, "chunk");
  while (position < tokens.length) add(REPLAY_TOKENS, "single");
  return runs;
}
