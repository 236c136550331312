/**
 * What broken sequences leave behind: a slot whose caches hold a beginning, until somebody takes it up, needs the slot, or
 * its time is over. What a cache holds follows from the token ids alone, so an orphan goes to whoever brings its ids.
 */
import { commonPrefix, type Sequence } from "./sequences.ts";

/** How long an orphan is kept: an answer that can be gone on with is, in most cases, within a second. */
export const GRACE_MILLISECONDS = 10_000;
/** How long its slot is not given to others either: an answer under way goes before one that has not begun. */
export const RESERVED_MILLISECONDS = 1000;

/** A sequence that is not open any more. */
interface Orphan {
  /** A step that was under way may still add to what it holds. */
  readonly sequence: Sequence;
  /** When it broke, on the executor's clock. */
  readonly since: number;
}

/** An orphan that fits, and how far. */
export interface Found {
  readonly slot: number;
  /** Positions that its caches hold of the ids asked for. */
  readonly extent: number;
}

/** The orphans of a segment, at most one a slot. Times are the executor's clock. */
export class Orphans {
  readonly #slots = new Map<number, Orphan>();

  /** Keeps what a sequence leaves, if it leaves anything. */
  keep(sequence: Sequence, now: number): void {
    this.#slots.delete(sequence.slot);
    if (sequence.held > 0) this.#slots.set(sequence.slot, { sequence, since: now });
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
   * same prompt takes the other's. Never all of the ids: the last one is to be run.
   */
  find(ids: Int32Array, now: number): Found | undefined {
    let best: (Found & { readonly beyond: number }) | undefined;
    for (const [slot, { sequence }] of this.#slots) {
      if (!this.has(slot, now)) continue;
      const held = sequence.ids.slice(0, sequence.held);
      const extent = Math.min(commonPrefix(held, ids), ids.length - 1);
      const beyond = held.length - extent;
      if (extent === 0 || (best !== undefined && (extent - best.extent || best.beyond - beyond) <= 0)) continue;
      best = { slot, extent, beyond };
    }
    return best === undefined ? undefined : { slot: best.slot, extent: best.extent };
  }

  /** The slot of the oldest orphan whose slot others may have. */
  oldest(now: number): number | undefined {
    let oldest: readonly [number, Orphan] | undefined;
    for (const entry of this.#slots) if (oldest === undefined || entry[1].since < oldest[1].since) oldest = entry;
    return oldest === undefined || now - oldest[1].since < RESERVED_MILLISECONDS ? undefined : oldest[0];
  }

  /** Forgets what is kept in a slot. */
  drop(slot: number): void {
    this.#slots.delete(slot);
  }
}
