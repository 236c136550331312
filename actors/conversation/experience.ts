/**
 * What guesses have cost and brought all answers of one pipeline, in steps of a single token: how long that takes is each
 * answer's own, by what runs beside it. What one answer has tried out the next one knows, and a trial that is cheap in a long
 * answer is not paid again in each of many short ones.
 */
import { RowTimes } from "./row-times.ts";

/** Time that guesses may cost beyond what they bring: so many single steps, and this share of all steps so far. */
const LOSS_STEPS = 1;
const LOSS_SHARE = 0.01;
/** Gains that losses may use up. */
const CREDIT_STEPS = 8;
/** Chances that are passed up after trials that did not pay, doubled each time. */
const MOST_PATIENCE = 64;

/** What guesses have cost so far, and what they still may; in single steps. */
export class Account {
  #elapsed = 0;
  #lost = 0;

  /** What may still be lost. */
  get room(): number {
    return LOSS_STEPS + LOSS_SHARE * this.#elapsed - this.#lost;
  }

  /** Takes a step that took so many single ones, and what it cost beyond what its tokens would have. */
  add(elapsed: number, lost: number): void {
    this.#elapsed += elapsed;
    this.#lost = Math.max(this.#lost + lost, -CREDIT_STEPS);
  }
}

/** What the answers of a pipeline have in common. It grows with each of their steps. */
export class Experience {
  /** What steps of several tokens take, in single steps. */
  readonly times = new RowTimes();
  readonly account = new Account();
  /** Chances to try something out that are still to be passed up, and that will be after the next failure. */
  #passing = 0;
  #patience = 1;

  /** Whether this chance to try something out is to be passed up. */
  passesUp(): boolean {
    if (this.#passing <= 0) return false;
    this.#passing--;
    return true;
  }

  /** Takes a step of so many tokens, that took so many single ones and cost so much beyond what it brought. */
  record(tokens: number, elapsed: number, lost: number): void {
    this.times.add(tokens, tokens === 1 ? 1 : elapsed);
    this.account.add(elapsed, lost);
    if (tokens === 1) return;
    this.#patience = lost < 0 ? 1 : Math.min(MOST_PATIENCE, 2 * this.#patience);
    this.#passing = lost < 0 ? 0 : this.#patience;
  }
}
