/**
 * Caches that nobody uses yet: what broken sequences leave behind, and what is copied here from a segment that runs
 * elsewhere. A slot is kept until somebody takes its caches up, needs it, or its time is over. What a cache holds follows
 * from the token ids alone, so it goes to whoever brings its ids.
 */
import { commonPrefix } from "./sequences.ts";

/** How long an orphan is kept: an answer that can be gone on with is, in most cases, within a second. */
export const GRACE_MILLISECONDS = 10_000;
/** How long its slot is not given to others either: an answer under way goes before one that has not begun. */
export const RESERVED_MILLISECONDS = 1000;

/** Caches with a beginning of a sequence; a sequence is one, and a step that was under way may still add to it. */
export interface Kept {
  /** What the sequence is called, or was. */
  readonly number: number;
  readonly slot: number;
  readonly ids: number[];
  /** How many of the ids the caches hold. */
  held: number;
}

/** Kept caches, and since when nobody has a hand in them, on the executor's clock; Infinity while somebody does. */
interface Orphan {
  readonly kept: Kept;
  readonly since: number;
}

/** An orphan that fits, and how far. */
export interface Found {
  readonly number: number;
  readonly slot: number;
  /** Positions that its caches hold of the ids asked for. */
  readonly extent: number;
}

/** Which orphans may be found. */
export interface FindOptions {
  /** The one that is preferred. Default: none is. */
  readonly was?: number | undefined;
  /** Whether only those count that nobody has a hand in. Default: false. */
  readonly abandoned?: boolean;
}

/** The orphans of a segment, at most one a slot. Times are the executor's clock. */
export class Orphans {
  readonly #slots = new Map<number, Orphan>();

  /** Keeps what is in a slot, for a while from `since` on. */
  keep(kept: Kept, since: number): void {
    this.#slots.set(kept.slot, { kept, since });
  }

  /** What is kept now. */
  all(now: number): Kept[] {
    return [...this.#slots].flatMap(([slot, { kept }]) => this.has(slot, now) ? [kept] : []);
  }

  /** What is kept of the sequence of this number. */
  get(number: number, now: number): Kept | undefined {
    return this.all(now).find((kept) => kept.number === number);
  }

  /** Whether something is kept in a slot. */
  has(slot: number, now: number): boolean {
    const orphan = this.#slots.get(slot);
    if (orphan === undefined) return false;
    if (now - orphan.since <= GRACE_MILLISECONDS) return true;
    this.#slots.delete(slot);
    return false;
  }

  /**
   * The orphan that holds most of `ids`, and of equals the one that holds least beyond them, lest one of two answers to the
   * same prompt takes the other's; but the one that is called `was`, if it holds any. Never all of the ids: the last one is
   * to be run.
   */
  find(ids: Int32Array, now: number, { was, abandoned = false }: FindOptions = {}): Found | undefined {
    let best: (Found & { readonly beyond: number }) | undefined;
    for (const [slot, { kept, since }] of this.#slots) {
      if (!this.has(slot, now) || (abandoned && since === Infinity)) continue;
      const { number } = kept;
      const held = kept.ids.slice(0, kept.held);
      const extent = Math.min(commonPrefix(held, ids), ids.length - 1);
      const beyond = held.length - extent;
      if (extent === 0) continue;
      if (number === was) return { number, slot, extent };
      if (best === undefined || (extent - best.extent || best.beyond - beyond) > 0) {
        best = { number, slot, extent, beyond };
      }
    }
    return best === undefined ? undefined : { number: best.number, slot: best.slot, extent: best.extent };
  }

  /** The slot of the oldest orphan whose slot others may have. */
  oldest(now: number): number | undefined {
    let oldest: readonly [number, Orphan] | undefined;
    for (const entry of this.#slots) if (oldest === undefined || entry[1].since < oldest[1].since) oldest = entry;
    return oldest === undefined || now - oldest[1].since < RESERVED_MILLISECONDS ? undefined : oldest[0];
  }

  /** Whether these very caches are kept, and nobody has taken them. */
  keeps(kept: Kept): boolean {
    return this.#slots.get(kept.slot)?.kept === kept;
  }

  /** Forgets what is kept in a slot. */
  drop(slot: number): void {
    this.#slots.delete(slot);
  }
}
