/** How long is waited for the next word, put off with every word. */
import type { Clock } from "../../runtime/clock.ts";

/** Calls `alarm` after so many milliseconds unless it is cancelled. */
type After = (milliseconds: number) => () => void;

/**
 * A deadline that is put off for every token without a timer for each: the one that runs looks, when it fires, whether it was
 * meant, and another takes its place where it was not.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #after: After;
  #dueAt = Infinity;
  #alarm: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock, after: After) {
    this.#clock = clock;
    this.#after = after;
  }

  /** Sets the deadline to so many milliseconds from now, earlier or later than it was. */
  putOff(milliseconds: number): void {
    this.#dueAt = this.#clock.now() + milliseconds;
    if (this.#alarm === undefined || this.#alarm.at > this.#dueAt) this.#arm();
  }

  /** For when the alarm has fired: whether the deadline has passed. */
  hasPassed(): boolean {
    this.#alarm = undefined;
    if (this.#clock.now() >= this.#dueAt) return true;
    this.#arm();
    return false;
  }

  #arm(): void {
    this.#alarm?.cancel();
    this.#alarm = { at: this.#dueAt, cancel: this.#after(Math.max(0, this.#dueAt - this.#clock.now())) };
  }
}
