/** What a prompt and a token take at each level, as this machine's clock told it. */
import { median } from "../statistics.ts";

/** Times of one round, in milliseconds; levels are counted from the least. */
export interface Round {
  /** A prompt's reading and the first token: by level, then by length. */
  readonly prefill: readonly (readonly number[])[];
  /** A token after it: by level. */
  readonly decode: readonly number[];
  /** The chooser's: by length. Absent where the model has none. */
  readonly choose?: readonly number[];
}

/** Rounds in which all that is compared took turns, so that it shared whatever else the machine did. */
export interface Times {
  /** Tokens of the prompts that were read. */
  readonly lengths: readonly number[];
  readonly rounds: readonly Round[];
}

/** Times of anything that may be asked. */
export interface Clock {
  readonly levels: number;
  /** Milliseconds to the first token of a prompt. */
  prefill(tokens: number, level: number): number;
  /** Milliseconds a token after it. */
  decode(level: number): number;
  /** What the chooser takes for a prompt. */
  choose(tokens: number): number;
}

/** The clock of one round. */
export function clockOf(
  lengths: readonly number[],
  { prefill, decode, choose }: Round,
): Clock {
  return {
    levels: decode.length,
    prefill: (tokens, level) => between(lengths, prefill[level - 1] ?? [], tokens),
    decode: (level) => decode[level - 1] ?? NaN,
    choose: (tokens) => choose === undefined ? 0 : between(lengths, choose, tokens),
  };
}

/** The medians of all rounds. */
export function medianRound(rounds: readonly Round[]): Round {
  const [first] = rounds;
  const chosen = first?.choose?.map((_, length) => median(rounds.map(({ choose }) => choose?.[length] ?? NaN)));
  return {
    prefill: (first?.prefill ?? []).map((times, level) => {
      return times.map((_, length) => median(rounds.map(({ prefill }) => prefill[level]?.[length] ?? NaN)));
    }),
    decode: (first?.decode ?? []).map((_, level) => median(rounds.map(({ decode }) => decode[level] ?? NaN))),
    ...chosen === undefined ? {} : { choose: chosen },
  };
}

/** A straight line from one measured length to the next, and on beyond the last one. */
export function between(
  lengths: readonly number[],
  times: readonly number[],
  tokens: number,
): number {
  const above = lengths.findIndex((length) => length >= tokens);
  const last = Math.max(1, above === -1 ? lengths.length - 1 : above);
  const [left, right] = [lengths[last - 1] ?? NaN, lengths[last] ?? NaN];
  const [before, after] = [times[last - 1] ?? NaN, times[last] ?? NaN];
  return lengths.length === 1
    ? times[0] ?? NaN
    : Math.max(0, before + (tokens - left) / (right - left) * (after - before));
}
