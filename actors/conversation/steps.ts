/**
 * How a conversation feeds its sequence to the pipeline. Pure: tokens in, runs out.
 *
 * Whoever takes an answer up runs each token as it was run first, the prompt's in chunks and the answer's by themselves: then
 * the caches are bit for bit those that were lost, and the answer goes on with the tokens that it would have had.
 */
import { cutChunks } from "../../models/compute/chunks.ts";
import type { Run } from "../pipeline.ts";

/** Tokens of one prefill chunk: large enough for full speed. Where others read, the first segment cuts it further. */
export const CHUNK_TOKENS = 128;
/** Tokens of an answer that are run again at once: they can take as long as they first did. */
export const REPLAY_TOKENS = 32;
/** Runs under way at once: enough to keep a pipeline of devices busy, few enough that queues stay short. */
export const CHUNKS_IN_FLIGHT = 4;

/** The tokens that a sequence begins with, run by run. */
export class Prefill {
  /** Of the prompt and of what was drawn since. */
  readonly ids: Int32Array;
  readonly promptTokens: number;
  #runs: readonly Run[];
  #sent = 0;
  /** What comes before it has come out at the end of the pipeline. */
  #through = 0;

  /** @param generated what an earlier conversation drew */
  constructor(prompt: Int32Array, generated: readonly number[]) {
    this.ids = Int32Array.from([...prompt, ...generated]);
    this.promptTokens = prompt.length;
    this.#runs = runsOf(this.ids, prompt.length, 0);
  }

  /** The caches hold what comes before `position`: goes on behind it. Before the first `take`. */
  skip(position: number): void {
    this.#runs = runsOf(this.ids, this.promptTokens, position);
  }

  /** What comes before `position` has come out at the end of the pipeline: segments may cut runs further. */
  arrived(position: number): void {
    this.#through = Math.max(this.#through, position);
  }

  /** The runs that may go in now. The last one asks for a token. */
  take(): readonly Run[] {
    const sent = this.#runs.slice(Math.max(0, this.#sent - CHUNKS_IN_FLIGHT), this.#sent);
    const underWay = sent.filter(({ position, tokens }) => position + tokens.length > this.#through).length;
    const runs = this.#runs.slice(this.#sent, this.#sent + CHUNKS_IN_FLIGHT - underWay);
    this.#sent += runs.length;
    return runs;
  }
}

/** The step of a token that was drawn: it asks for the one that follows and, with guesses, for those behind it. */
export function nextToken(position: number, token: number, guesses: readonly number[] = []): Run {
  const sample = guesses.length === 0 ? "last" : "each";
  return { position, tokens: Int32Array.of(token, ...guesses), attention: "single", sample };
}

/** The runs of `ids` from a position on, of which the first `promptTokens` are the prompt's. */
function runsOf(ids: Int32Array, promptTokens: number, from: number): Run[] {
  // A prompt of one token has no others to attend with; of a longer one none is run alone.
  const alone = promptTokens > 1 && from === promptTokens - 1;
  let position = alone ? from - 1 : from;
  const chunks = promptTokens === 1 || position >= promptTokens ? [] : cutChunks(promptTokens - position, CHUNK_TOKENS);
  const runs: Run[] = [];
  const add = (count: number, attention: Run["attention"]): void => {
    const end = Math.min(position + count, ids.length);
    runs.push({
      position,
      tokens: ids.subarray(position, end),
      attention,
      sample: end === ids.length ? "last" : "none",
    });
    position = end;
  };
  for (const count of chunks) add(count, "chunk");
  while (position < ids.length) add(REPLAY_TOKENS, "single");
  return runs;
}
