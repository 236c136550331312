/** How fast a first segment's steps are, and how long readers wait from token to token: what prompts are cut by. */
import type { Attention } from "../../models/compute/mod.ts";

/** How much of a new value is taken on. */
const NEW = 0.2;
/** A piece of a prompt may take so many times as long as a step of readers, which it comes before or after… */
const [LEAST_SHARE, MOST_SHARE] = [0.5, 1.6];
/** …as long as readers get their tokens within so many times what they take where no prompt is read. */
const MOST_WAIT = 2.2;

/** Means of what was measured lately, in milliseconds. */
export class Pace {
  #step: number | undefined;
  readonly #token: Record<Attention, number | undefined> = { chunk: undefined, single: undefined };
  /** From token to token while no prompt is read, of so many readers. */
  #quiet: { readonly readers: number; milliseconds: number } | undefined;
  #share = MOST_SHARE;

  /** A step of readers took so long. */
  stepped(milliseconds: number): void {
    this.#step = mean(this.#step, milliseconds);
  }

  /** Tokens of a prompt, or of an answer that is taken up, took so long. */
  read(attention: Attention, tokens: number, milliseconds: number): void {
    this.#token[attention] = mean(this.#token[attention], milliseconds / tokens);
  }

  /**
   * One of so many readers is back after so long; `disturbed` where a prompt was read meanwhile. Later segments may be slower
   * at prompts than this one: what it cannot see there it sees here.
   */
  returned(milliseconds: number, readers: number, disturbed: boolean): void {
    const quiet = this.#quiet?.readers === readers ? this.#quiet.milliseconds : undefined;
    if (!disturbed) this.#quiet = { readers, milliseconds: mean(quiet, milliseconds) };
    else if (quiet !== undefined) {
      const next = this.#share * (milliseconds > MOST_WAIT * quiet ? 0.9 : 1.02);
      this.#share = Math.min(MOST_SHARE, Math.max(LEAST_SHARE, next));
    }
  }

  /** Tokens that can be read in the time that readers can wait; undefined where too little is known. */
  affordable(attention: Attention): number | undefined {
    const token = this.#token[attention];
    return this.#step === undefined || token === undefined
      ? undefined
      : this.#share * this.#step / Math.max(token, 1e-6);
  }
}

/** A mean that goes with the times. */
export function mean(before: number | undefined, value: number): number {
  return before === undefined ? value : before + NEW * (value - before);
}
