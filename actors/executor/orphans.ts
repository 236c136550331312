/**
 * Caches that nobody uses: what sequences leave behind, and what is copied here from a segment that runs elsewhere. What a
 * cache holds follows from the token ids and from its kind, so it goes to whoever brings these.
 *
 * Those of a sequence that *broke* are kept for the answer that goes on with it, for a while. Those of one that is *over*
 * are there for prompts that begin like it: until memory is wanted for something else, the one that was used longest ago
 * first.
 */
import type { CacheKind } from "../cache-kind.ts";
import { commonPrefix } from "./sequences.ts";

/** How long what broke is kept for its answer: one that can be gone on with is, in most cases, within a second. */
export const GRACE_MILLISECONDS = 10_000;
/** How long its slot is not given to others either: an answer under way goes before one that has not begun. */
export const RESERVED_MILLISECONDS = 1000;
/** Fewer positions than this are run again sooner than copied, and asked for on every device. */
export const LEAST_SHARED = 16;

/** Caches with a beginning of a sequence; a sequence is one, and a step that was under way may still add to it. */
export interface Kept extends CacheKind {
  /** What the sequence is called, or was. */
  readonly number: number;
  readonly slot: number;
  readonly ids: number[];
  /** How many of the ids are a prompt's. The others, where they share kernels, are of use to their own answer alone. */
  readonly promptTokens: number;
  /** How many of the ids the caches hold. */
  held: number;
}

/** Kept caches, and when they were used last, on the executor's clock; Infinity while somebody has a hand in them. */
interface Orphan {
  readonly kept: Kept;
  since: number;
  readonly over: boolean;
}

/** An orphan that fits, and how far. */
export interface Found {
  readonly number: number;
  readonly slot: number;
  /** Positions that its caches hold of the ids asked for. */
  readonly extent: number;
  /** Whether it is kept for any prompt. */
  readonly over: boolean;
  /** Whether it may be taken, since it is of little use to others, rather than copied. */
  readonly takes: boolean;
}

/** Which orphans may be found: those of a kind, of which all behind the prompt share kernels or do not. */
export interface FindOptions extends CacheKind {
  /** The one that is preferred. Default: none is. */
  readonly was?: number | undefined;
  /** Whether only those count that nobody has a hand in. Default: false. */
  readonly abandoned?: boolean;
  /** Whether only those count that are over, and hold enough to be worth it. Default: false. */
  readonly fresh?: boolean;
}

/** The orphans of a segment, at most one a slot. Times are the executor's clock. */
export class Orphans {
  readonly #slots = new Map<number, Orphan>();
  readonly #lasting: boolean;

  /** @param lasting whether what is over is kept, and what nobody has taken up in time counts as over. Default: false. */
  constructor(lasting = false) {
    this.#lasting = lasting;
  }

  /** Keeps what is in a slot, from `since` on: for the answer that goes on with it, or else for any prompt. */
  keep(kept: Kept, since: number, over = false): void {
    this.#slots.delete(kept.slot);
    if (over && !this.#lasting) return;
    if (over) this.#dropContained(kept);
    this.#slots.set(kept.slot, { kept, since, over });
  }

  /** Another that holds no more than this one is of no use any more. */
  #dropContained(other: Kept): void {
    const all = other.ids.slice(0, other.held);
    for (const [slot, { kept, over }] of this.#slots) {
      if (over && other.shared !== true && extentOf(kept, all, other) === kept.held) this.#slots.delete(slot);
    }
  }

  /** What is kept now for answers that go on. */
  all(now: number): Kept[] {
    return [...this.#slots].flatMap(([slot, { kept }]) => this.isWanted(slot, now) ? [kept] : []);
  }

  /** What is kept of the sequence of this number, for its answer. */
  get(number: number, now: number): Kept | undefined {
    return this.all(now).find((kept) => kept.number === number);
  }

  /** Whether something is kept in a slot. */
  has(slot: number, now: number): boolean {
    const orphan = this.#slots.get(slot);
    if (orphan === undefined) return false;
    if (this.#lasting || now - orphan.since <= GRACE_MILLISECONDS) return true;
    this.#slots.delete(slot);
    return false;
  }

  /** Whether what is kept in a slot is for an answer that goes on. */
  isWanted(slot: number, now: number): boolean {
    const orphan = this.has(slot, now) ? this.#slots.get(slot) : undefined;
    return orphan !== undefined && !isOver(orphan, now);
  }

  /** Whether the slot itself is not to be had, since the answer is likely to go on in it. */
  isReserved(slot: number, now: number): boolean {
    const orphan = this.#slots.get(slot);
    return orphan !== undefined && isReserved(orphan, now);
  }

  /** What is kept in a slot for any prompt. */
  over(slot: number, now: number): Kept | undefined {
    const orphan = this.has(slot, now) ? this.#slots.get(slot) : undefined;
    return orphan !== undefined && isOver(orphan, now) ? orphan.kept : undefined;
  }

  /**
   * The orphan that holds most of `ids`, and of equals the one that holds least beyond them, lest one of two answers to the
   * same prompt takes the other's; but the one that is called `was`, if it holds any. Never all of the ids: the last one is
   * to be run.
   */
  find(ids: Int32Array, now: number, options: FindOptions = {}): Found | undefined {
    const { was, shared = false, abandoned = false, fresh = false } = options;
    let best: (Found & { readonly beyond: number }) | undefined;
    for (const [slot, orphan] of this.#slots) {
      const { kept, since } = orphan;
      if (!this.has(slot, now) || (abandoned && since === Infinity)) continue;
      const over = isOver(orphan, now);
      const alike = extentOf(kept, ids, options);
      // A prompt's tokens have the same bits whether its answer shares kernels or not; those of a fresh one are all a prompt's.
      const same = (kept.shared ?? false) === (fresh ? false : shared);
      const most = same ? alike : Math.min(alike, together(kept.promptTokens));
      const extent = Math.min(most, ids.length - 1);
      if (extent < (fresh ? LEAST_SHARED : 1) || (fresh && !over)) continue;
      const beyond = kept.held - Math.min(kept.held, commonPrefix(kept.ids, ids));
      const { number } = kept;
      const found = { number, slot, extent, over, takes: !over || beyond < LEAST_SHARED, beyond: kept.held - extent };
      if (number === was) return found;
      if (best === undefined || (extent - best.extent || best.beyond - found.beyond) > 0) best = found;
    }
    return best;
  }

  /** The slot of the oldest orphan whose slot others may have. */
  oldest(now: number): number | undefined {
    let oldest: readonly [number, Orphan] | undefined;
    for (const entry of this.#slots) {
      if (isReserved(entry[1], now)) continue;
      if (oldest === undefined || entry[1].since < oldest[1].since) oldest = entry;
    }
    return oldest?.[0];
  }

  /** Positions that are kept: all, and those that are not to be had since their answers are likely to go on. */
  tokens(now: number): { readonly all: number; readonly reserved: number } {
    let [all, reserved] = [0, 0];
    for (const orphan of this.#slots.values()) {
      all += orphan.kept.held;
      if (isReserved(orphan, now)) reserved += orphan.kept.held;
    }
    return { all, reserved };
  }

  /** Whether these very caches are kept, and nobody has taken them. */
  keeps(kept: Kept): boolean {
    return this.#slots.get(kept.slot)?.kept === kept;
  }

  /** Notes that what is kept in a slot has been of use. */
  touch(slot: number, now: number): void {
    const orphan = this.#slots.get(slot);
    if (orphan !== undefined && orphan.since !== Infinity) orphan.since = now;
  }

  /** Forgets what is kept in a slot. */
  drop(slot: number): void {
    this.#slots.delete(slot);
  }
}

function isOver({ over, since }: Orphan, now: number): boolean {
  return over || now - since > GRACE_MILLISECONDS;
}

function isReserved({ over, since }: Orphan, now: number): boolean {
  return !over && !(now - since >= RESERVED_MILLISECONDS);
}

/** What a kept cache takes over from where it was, as to its kind. */
export function keptKind({ promptTokens = 0, shared = false, level }: CacheKind): Pick<Kept, keyof CacheKind> {
  return { promptTokens, shared, ...(level === undefined ? {} : { level }) };
}

/**
 * Positions that caches hold of `ids`, of which the first `promptTokens` are a prompt's: as far as the ids are the same and
 * have attended in the same way, those of a prompt together and others by themselves. None of another level: less of the
 * model has written other bits, from the first position on.
 */
export function extentOf(
  { ids: own, held, promptTokens: ownPrompt, level: ownLevel }: Kept,
  ids: ArrayLike<number>,
  { promptTokens = 0, level }: CacheKind,
): number {
  if (ownLevel !== level) return 0;
  const common = Math.min(held, commonPrefix(own, ids));
  const [one, other] = [together(ownPrompt), together(promptTokens)];
  return one === other ? common : Math.min(common, one, other);
}

/** Tokens of a prompt that attend together: the only one of a prompt has no others. */
function together(promptTokens: number): number {
  return promptTokens < 2 ? 0 : promptTokens;
}
