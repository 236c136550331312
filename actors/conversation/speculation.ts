/**
 * When guessing pays. A step that verifies guesses takes longer than one of a single token and brings more, by how often
 * guesses are right; both are measured in the conversation itself, with whatever runs beside it. Pure but for its own growth.
 *
 * Whether a guess would have been right is seen also where it was not sent along, so only the time of a step has to be tried
 * out; what trials and wrong guesses cost together is bounded by a share of the time that the answer has taken, and of the
 * time that all answers of the same pipeline have: what they have tried out this one need not.
 */
import { Account, Experience } from "./experience.ts";
import { LONGEST_MATCH, type Proposal } from "./recurrence.ts";
import { RowTimes } from "./row-times.ts";

/** Guesses pay where they are expected to bring at least so many times the tokens of single steps. */
const MARGIN = 1.05;
/** Part of what is known of how often guesses are right that remains with each step. */
const MEMORY = 0.9;
/** Sizes that are tried out, in guesses, each once the one before has been. */
const LADDER = [1, 3, 7, 15] as const;
/** Single steps that have to be timed first: against one alone, that happened to be slow, whatever is tried out looks cheap. */
const LEAST_SINGLES = 3;
/** Steps with guesses in a row, after which one without shows what that takes by now. */
const STEPS_WITHOUT_SINGLE = 32;

/** A step that has brought its tokens. */
export interface Step {
  /** What was proposed before it. */
  readonly proposal: Proposal;
  /** How many of the proposed guesses it ran. */
  readonly guesses: number;
  /** The tokens that it brought: of the guesses that it ran those that were right, and one more. */
  readonly tokens: readonly number[];
  readonly milliseconds: number;
}

/** How often guesses behind a match of some length were right: both decay. */
interface Odds {
  right: number;
  tried: number;
}

/** Decides for one conversation how many guesses go along with the next token. */
export class Speculation {
  readonly #experience: Experience;
  readonly #times = new RowTimes();
  readonly #account = new Account();
  readonly #odds: readonly Odds[] = Array.from({ length: 3 }, () => ({ right: 0, tried: 0 }));
  #withoutSingle = 0;

  /** @param experience what other answers of the same pipeline have learnt. Default: there were none. */
  constructor(experience = new Experience()) {
    this.#experience = experience;
  }

  /** How many of the proposed guesses are to go along. */
  choose({ guesses, matched }: Proposal): number {
    const single = this.#times.expected(1);
    if (single === undefined || this.#times.samples(1) < LEAST_SINGLES || guesses.length === 0) return 0;
    if (this.#withoutSingle >= STEPS_WITHOUT_SINGLE) return 0;
    const right = this.#chance(matched);
    const room = Math.min(this.#account.room, this.#experience.account.room);
    let best = { guesses: 0, speed: MARGIN };
    for (let count = 1; count <= Math.min(guesses.length, this.#reach()); count++) {
      const time = this.#expected(count + 1, single);
      const speed = tokensOf(count, right) / time;
      if (speed > best.speed && time - 1 <= room) best = { guesses: count, speed };
    }
    return best.guesses > 0 ? best.guesses : this.#trial(guesses.length, right, room, single);
  }

  /** Takes what came of a step. */
  record({ proposal, guesses, tokens, milliseconds }: Step): void {
    const single = this.#times.expected(1);
    this.#times.add(guesses + 1, milliseconds);
    this.#withoutSingle = guesses === 0 ? 0 : this.#withoutSingle + 1;
    this.#see(proposal, guesses, tokens);
    const elapsed = milliseconds / (single ?? milliseconds);
    // By a coarse clock a step may take no time at all.
    if (!Number.isFinite(elapsed)) return;
    const lost = guesses === 0 ? 0 : elapsed - tokens.length;
    this.#account.add(elapsed, lost);
    this.#experience.record(guesses + 1, elapsed, lost);
  }

  /** What a step of so many tokens is expected to take, in single steps: by this answer's own, or else by those of others. */
  #expected(tokens: number, single: number): number {
    const own = this.#times.largest > 1 ? this.#times.expected(tokens) : undefined;
    if (own !== undefined) return own / single;
    return this.#experience.times.expected(tokens) ?? tokens;
  }

  /** A size whose time is not known, where it would pay if it took no longer than a single token. */
  #trial(most: number, right: number, room: number, single: number): number {
    if (tokensOf(most, right) < 1.5) return 0;
    const size = LADDER.find((guesses) => !this.#isKnown(guesses + 1)) ?? LADDER[0];
    if (size > most || this.#expected(size + 1, single) - 1 > room) return 0;
    return this.#experience.passesUp() ? 0 : size;
  }

  /** Guesses that may be made: little more than were measured, as single steps that happened to be slow make others look cheap. */
  #reach(): number {
    const known = Math.max(1, this.#times.largest, this.#experience.times.largest) - 1;
    return 2 * known + 1;
  }

  #isKnown(tokens: number): boolean {
    return (this.#times.measured(tokens) ?? this.#experience.times.measured(tokens)) !== undefined;
  }

  /** Learns how often guesses are right: from those that ran, or else from the first that could have. */
  #see({ guesses, matched }: Proposal, ran: number, tokens: readonly number[]): void {
    const [odds, first] = [this.#odds[classOf(matched)], guesses[0]];
    if (odds === undefined || first === undefined) return;
    const right = ran === 0 ? (tokens[0] === first ? 1 : 0) : tokens.length - 1;
    const tried = ran === 0 ? 1 : Math.min(ran, right + 1);
    odds.right = odds.right * MEMORY + right;
    odds.tried = odds.tried * MEMORY + tried;
  }

  /** The chance that a guess is right whose forerunners were; one half where nothing is known. */
  #chance(matched: number): number {
    const { right, tried } = this.#odds[classOf(matched)] ?? { right: 0, tried: 0 };
    return (right + 1) / (tried + 2);
  }
}

/** Tokens that a step with so many guesses is expected to bring. */
function tokensOf(guesses: number, right: number): number {
  let [tokens, reached] = [1, 1];
  for (let guess = 0; guess < guesses; guess++) tokens += reached *= right;
  return tokens;
}

/** Short, middling and long matches: the longer one is, the likelier goes the text on as it did. */
function classOf(matched: number): number {
  return matched < 4 ? 0 : matched < LONGEST_MATCH / 2 ? 1 : 2;
}
