/**
 * What other devices count on here. Two devices that let go of their copies at the same moment, each because the other has
 * one, would leave none: so whoever asks first is promised that a blob stays for a while, and who is about to let go of it
 * promises nothing. They may both keep it then, and ask again later.
 */
import type { Clock } from "../../runtime/clock.ts";

/** A blob is kept for so long after it was promised, or a piece of it was read: the reader wants the next one. */
const PLEDGED_MILLISECONDS = 60_000;

/** The promises of one device. */
export class Pledges {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();
  readonly #going = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Promises that a blob stays; false where it is about to go. */
  vouch(sha256: string): boolean {
    if (this.#going.has(sha256)) return false;
    this.#until.set(sha256, this.#clock.now() + PLEDGED_MILLISECONDS);
    return true;
  }

  /** Blobs that are promised. */
  kept(): ReadonlySet<string> {
    const now = this.#clock.now();
    for (const [sha256, until] of this.#until) if (until <= now) this.#until.delete(sha256);
    return new Set(this.#until.keys());
  }

  /** Has blobs go: none of them is promised until `done`, and those that are already are not among them. */
  begin(blobs: readonly string[]): { readonly going: ReadonlySet<string>; done(): void } {
    const kept = this.kept();
    const going = new Set(blobs.filter((sha256) => !kept.has(sha256) && !this.#going.has(sha256)));
    for (const sha256 of going) this.#going.add(sha256);
    return {
      going,
      done: () => {
        for (const sha256 of going) this.#going.delete(sha256);
      },
    };
  }
}
