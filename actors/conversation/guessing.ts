/** A conversation's guesses: what goes along with its next token, and what came of it. */
import type { Clock } from "../../runtime/clock.ts";
import { MAX_DRAWS } from "../wire.ts";
import type { Experience } from "./experience.ts";
import { type Proposal, Recurrence } from "./recurrence.ts";
import { Speculation } from "./speculation.ts";

/** Latest tokens of a prompt in which matches are looked for: more would keep the event loop for longer than a step takes. */
const REMEMBERED_TOKENS = 32_768;

/** Guesses that became tokens of the answer, and those that did not. */
export interface Guessed {
  readonly accepted: number;
  readonly rejected: number;
}

/** How many of the proposed guesses go along with a token. */
export type GuessPolicy = (proposal: Proposal) => number;

/** A step under way. */
interface Ahead {
  readonly proposal: Proposal;
  readonly guesses: readonly number[];
  readonly since: number;
}

export interface GuessingOptions {
  /** Prompt and answer so far. */
  readonly ids: Int32Array;
  readonly clock: Clock;
  /** What other answers of the same pipeline have learnt. Default: there were none. */
  readonly experience?: Experience | undefined;
  /** How much is guessed. Default: as much as pays. */
  readonly policy?: GuessPolicy | undefined;
}

/** Guesses what follows, as far as it pays. */
export class Guessing {
  readonly #clock: Clock;
  readonly #text: Recurrence;
  readonly #speculation: Speculation;
  readonly #policy: GuessPolicy;
  #ahead: Ahead | undefined;

  constructor({ ids, clock, experience, policy }: GuessingOptions) {
    this.#clock = clock;
    this.#speculation = new Speculation(experience);
    this.#policy = policy ?? ((proposal) => this.#speculation.choose(proposal));
    this.#text = new Recurrence(ids.subarray(-REMEMBERED_TOKENS));
  }

  /** Guesses that are under way. */
  get ahead(): readonly number[] {
    return this.#ahead?.guesses ?? [];
  }

  /**
   * The guesses that go along with the latest token, whose step begins now.
   *
   * @param room tokens that the answer may still have
   * @param endIds tokens that end the text: behind them nothing is guessed
   */
  next(room: number, endIds: ReadonlySet<number>): readonly number[] {
    // The last token of an answer is drawn and not run.
    const found = this.#text.propose(Math.min(MAX_DRAWS, room) - 1);
    const end = found.guesses.findIndex((guess) => endIds.has(guess));
    const proposal = end < 0 ? found : { ...found, guesses: found.guesses.slice(0, end) };
    const guesses = proposal.guesses.slice(0, this.#policy(proposal));
    this.#ahead = { proposal, guesses, since: this.#clock.now() };
    return guesses;
  }

  /** Takes the tokens that the step brought; the first ones are of no step, since a prompt goes before them. */
  drawn(tokens: readonly number[]): void {
    for (const token of tokens) this.#text.push(token);
    if (this.#ahead === undefined) return;
    const { proposal, guesses: { length: guesses }, since } = this.#ahead;
    this.#ahead = undefined;
    this.#speculation.record({ proposal, guesses, tokens, milliseconds: this.#clock.now() - since });
  }
}

/** Whether draws may have come of these guesses: all of them but the last confirm one. */
export function followFrom(tokens: readonly number[], guesses: readonly number[]): boolean {
  return tokens.length <= guesses.length + 1 && tokens.slice(0, -1).every((token, at) => token === guesses[at]);
}

/** What became of guesses: those of the drawn tokens count that the answer took. */
export function guessedOf(
  guesses: readonly number[],
  drawn: readonly number[],
  taken: readonly number[],
): { readonly guessed?: Guessed } {
  if (guesses.length === 0) return {};
  const accepted = Math.min(drawn.length - 1, taken.length);
  return { guessed: { accepted, rejected: guesses.length - accepted } };
}
