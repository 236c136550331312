/**
 * Prompt look-up (Saxena, "Prompt Lookup Decoding", 2023): texts repeat themselves, so what followed the same tokens before is
 * a good guess of what follows now. Finds the longest match as LZ77 does, by chains of places that end in the same pair, in a
 * bounded time for each token, however long the text is.
 */

/** What may follow, and how many tokens before it have occurred in the same order before. */
export interface Proposal {
  readonly guesses: readonly number[];
  readonly matched: number;
}

/** Places of the same pair that are looked at, the latest first. */
const PLACES = 16;
/** Tokens of a match that are compared: that more are alike says nothing more. */
export const LONGEST_MATCH = 16;
const NONE: Proposal = { guesses: [], matched: 0 };

/** A text as it grows, that knows where its endings occurred before. */
export class Recurrence {
  readonly #ids: number[] = [];
  /** Of each pair, by its hash, the latest place where it ends… */
  readonly #latest = new Map<number, number>();
  /** …and of each place the one before; -1 where there is none. */
  readonly #before: number[] = [];

  constructor(ids: Iterable<number>) {
    for (const id of ids) this.push(id);
  }

  /** Takes the next token. */
  push(id: number): void {
    const place = this.#ids.length;
    this.#ids.push(id);
    if (place === 0) {
      this.#before.push(-1);
      return;
    }
    const key = hash(this.#ids[place - 1] ?? 0, id);
    this.#before.push(this.#latest.get(key) ?? -1);
    this.#latest.set(key, place);
  }

  /** Up to `most` tokens that followed the longest ending of the text that occurred before; of equal ones the latest. */
  propose(most: number): Proposal {
    const end = this.#ids.length - 1;
    let best = { place: -1, matched: 1 };
    for (let place = this.#before[end] ?? -1, left = PLACES; place >= 0 && left > 0; left--) {
      const matched = this.#alike(place, end);
      if (matched > best.matched) best = { place, matched };
      if (matched === LONGEST_MATCH) break;
      place = this.#before[place] ?? -1;
    }
    if (best.place < 0 || most <= 0) return NONE;
    const guesses: number[] = [];
    for (let at = best.place + 1; guesses.length < most; at++) {
      // Behind the end of the text it goes on with the guesses, as in a text that goes round in a circle.
      guesses.push((at <= end ? this.#ids[at] : guesses[at - end - 1]) ?? 0);
    }
    return { guesses, matched: best.matched };
  }

  /** How many tokens up to two places are alike. */
  #alike(place: number, end: number): number {
    let matched = 0;
    while (matched < LONGEST_MATCH && matched <= place && this.#ids[place - matched] === this.#ids[end - matched]) {
      matched++;
    }
    return matched;
  }
}

/** Pairs that share a hash are told apart where they are compared. */
function hash(first: number, second: number): number {
  return (Math.imul(first, 0x9e3779b1) ^ second) >>> 0;
}
