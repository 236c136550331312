/**
 * An answer whose plan has given way to another: it leaves with the token that is under way, since one that is dropped has to
 * be run again and its reader waits for it twice. Where that token does not come soon, it is not waited for.
 */
import type { Clock } from "../../runtime/clock.ts";

/** Most time that a token under way is waited for. */
const MOST_MILLISECONDS = 500;

/** How tokens come. */
export class Arrivals {
  readonly #clock: Clock;
  #at: number | undefined;
  #pace: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One has come. */
  came(): void {
    const now = this.#clock.now();
    if (this.#at !== undefined) this.#pace = now - this.#at;
    this.#at = now;
  }

  /** The conversation is another one: what came of the last one says nothing of when its first token is due. */
  startAnew(): void {
    [this.#at, this.#pace] = [undefined, undefined];
  }

  /** Milliseconds for which the next one is worth waiting: until it is late by as much as the last one took. None where nothing is known. */
  get worthWaiting(): number {
    if (this.#at === undefined || this.#pace === undefined) return 0;
    return Math.min(MOST_MILLISECONDS, Math.max(0, this.#at + 2 * this.#pace - this.#clock.now()));
  }
}
