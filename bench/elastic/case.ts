/** What is known of a prompt at every pair of levels, and when an answer to it is in time. */
import type { Clock } from "./clock.ts";
import type { Pair, Target } from "./targets.ts";

/** A held-out prompt with all of its answers: a line of a table. */
export interface Case {
  /** Policies are tuned on the first, and judged on the second. */
  readonly set: "validation" | "test";
  readonly index: number;
  readonly family: string;
  readonly hops: number;
  readonly redundancy: number;
  /** Tokens of the prompt at each of its levels. */
  readonly tokens: readonly number[];
  /** Of the right answer, its end included. */
  readonly answerTokens: number;
  /** Whether the answer is right to the letter: by prompt level, then by the model's, from the least. */
  readonly right: readonly (readonly boolean[])[];
  /** How likely the chooser says that is; absent where there was none to ask. */
  readonly guess?: readonly (readonly number[])[];
}

/** A pair, and whether the chooser is run for it: its scores shorten prompts, its guesses choose. */
export interface Choice extends Pair {
  readonly chooser: boolean;
}

/** Milliseconds to the first token, and a token after it. */
export interface Speed {
  readonly ttft: number;
  readonly tpot: number;
}

export function isRight(
  { right }: Pick<Case, "right">,
  { promptLevel, level }: Pair,
): boolean {
  return right[promptLevel]?.[level - 1] ?? false;
}

/** What an answer takes. */
export function speedOf(
  { tokens }: Pick<Case, "tokens">,
  choice: Choice,
  clock: Clock,
): Speed {
  const { promptLevel, level, chooser } = choice;
  const choosing = chooser ? clock.choose(tokens[0] ?? NaN) : 0;
  return {
    ttft: choosing + clock.prefill(tokens[promptLevel] ?? NaN, level),
    tpot: clock.decode(level),
  };
}

/** What an answer may take: by the clock of the whole model. */
export function limitOf(
  { tokens }: Pick<Case, "tokens">,
  target: Target,
  whole: Clock,
): Speed {
  return {
    ttft: target.ttft * whole.prefill(tokens[0] ?? NaN, whole.levels),
    tpot: target.tpot * whole.decode(whole.levels),
  };
}

/** The larger of how much of its limits an answer takes: 1 at most where it is in time. */
export function pressureOf(speed: Speed, limit: Speed): number {
  return Math.max(speed.ttft / limit.ttft, speed.tpot / limit.tpot);
}
