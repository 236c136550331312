/** Whoever answers prompts here: llama.cpp or a mesh. */
import type { ThreadTimes } from "./threads.ts";

/** One prompt and its answer. */
export interface Measurement {
  /** Milliseconds to the first token. */
  readonly prefill: number;
  /** Milliseconds a token after it, at the mean: tokens that arrive together would make a median of nothing. */
  readonly decode: number;
  /** Processor time a token while it decoded, all processes together; where it can be told. */
  readonly threads?: ThreadTimes;
}

/** What a daemon held when all was measured. */
export interface Memory {
  readonly device: string;
  readonly anonymousBytes: number;
  readonly blockBytes: number;
}

export interface Contestant extends AsyncDisposable {
  /** One prompt of so many tokens alone, and an answer of `tokens` after its first. */
  measure(promptTokens: number, tokens: number): Promise<Measurement>;
  /** So many prompts of 16 tokens at once: tokens a second of all, while all of them decode. */
  together(prompts: number, tokens: number): Promise<number>;
  memory(): Promise<readonly Memory[]>;
}

/** A prompt of ids that every tokenizer of the benchmark's models has; `which` makes it another. */
export function promptOf(tokens: number, which = 0): number[] {
  return Array.from(
    { length: tokens },
    (_, index) => 300 + (((index + 1) * 7919 + which * 104_729) % 31_000),
  );
}

/** Tokens a second from when the last of some answers began until the first of them ended; times in milliseconds. */
export function rateTogether(arrivals: readonly (readonly number[])[]): number {
  const begin = Math.max(...arrivals.map((times) => times[0] ?? NaN));
  const end = Math.min(...arrivals.map((times) => times.at(-1) ?? NaN));
  const within = arrivals.flat().filter((time) => time > begin && time <= end).length;
  return within / (end - begin) * 1000;
}
