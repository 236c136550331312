/**
 * When guessing pays. A step that verifies guesses takes longer than one of a single token and brings more, by how often
 * guesses are right; both are measured in the conversation itself, with whatever runs beside it. Pure but for its own growth.
 *
 * Whether a guess would have been right is seen also where it was not sent along, so only the time of a step has to be tried
 * out; what trials and wrong guesses cost together is bounded by a share of the time that the answer has taken.
 */
import { LONGEST_MATCH, type Proposal } from "./recurrence.ts";
import { RowTimes } from "./row-times.ts";

/** Guesses pay where they are expected to bring at least so many times the tokens of single steps. */
const MARGIN = 1.05;
/** Net time that guessing may cost: so many single steps, and this share of all steps so far. */
const LOSS_STEPS = 1;
const LOSS_SHARE = 0.01;
/** Net gains that losses may use up, in single steps. */
const CREDIT_STEPS = 8;
/** Part of what is known of how often guesses are right that remains with each step. */
const MEMORY = 0.9;
/** Sizes that are tried out, in guesses, each once the one before has been. */
const LADDER = [1, 3, 7, 15] as const;
/** Chances that are passed up after trials that did not pay, doubled each time. */
const MOST_PATIENCE = 64;
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
  readonly #times = new RowTimes();
  readonly #odds: readonly Odds[] = Array.from({ length: 3 }, () => ({ right: 0, tried: 0 }));
  /** Milliseconds of all steps, and what guesses have cost beyond what they brought. */
  #elapsed = 0;
  #lost = 0;
  /** Chances to try something out that are still to be passed up, and that will be after the next failure. */
  #passing = 0;
  #patience = 1;
  #withoutSingle = 0;

  /** How many of the proposed guesses are to go along. */
  choose({ guesses, matched }: Proposal): number {
    const single = this.#times.expected(1);
    if (single === undefined || guesses.length === 0 || this.#withoutSingle >= STEPS_WITHOUT_SINGLE) return 0;
    const right = this.#chance(matched);
    const room = LOSS_STEPS * single + LOSS_SHARE * this.#elapsed - this.#lost;
    let best = { guesses: 0, speed: MARGIN / single };
    for (let count = 1; count <= guesses.length; count++) {
      const milliseconds = this.#times.expected(count + 1) ?? Infinity;
      const speed = tokensOf(count, right) / milliseconds;
      if (speed > best.speed && milliseconds - single <= room) best = { guesses: count, speed };
    }
    return best.guesses > 0 ? best.guesses : this.#trial(guesses.length, right, room, single);
  }

  /** Takes what came of a step. */
  record({ proposal, guesses, tokens, milliseconds }: Step): void {
    const single = this.#times.expected(1);
    this.#times.add(guesses + 1, milliseconds);
    this.#elapsed += milliseconds;
    this.#withoutSingle = guesses === 0 ? 0 : this.#withoutSingle + 1;
    this.#see(proposal, guesses, tokens);
    if (guesses === 0 || single === undefined) return;
    const loss = milliseconds - tokens.length * single;
    this.#lost = Math.max(this.#lost + loss, -CREDIT_STEPS * single);
    this.#patience = loss < 0 ? 1 : Math.min(MOST_PATIENCE, 2 * this.#patience);
    this.#passing = loss < 0 ? 0 : this.#patience;
  }

  /** A size whose time is not known, where it would pay if it took no longer than a single token. */
  #trial(most: number, right: number, room: number, single: number): number {
    if (tokensOf(most, right) < 1.5) return 0;
    const size = LADDER.find((guesses) => this.#times.measured(guesses + 1) === undefined) ?? LADDER[0];
    if (size > most || (this.#times.expected(size + 1) ?? Infinity) - single > room) return 0;
    if (this.#passing-- > 0) return 0;
    this.#passing = 0;
    return size;
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
