/** The sequences of a segment: which are open, in which slot, and how far each one is. */
import type { Ref } from "../../runtime/actor/mod.ts";
import { HISTORY_TOKENS, needsHistory, type SamplingOptions } from "../../models/sampling/mod.ts";
import type { SegmentMessage, SequenceMessage } from "../pipeline.ts";

/** An open sequence. */
export interface Sequence {
  /** What it is called from segment to segment. */
  readonly number: number;
  readonly slot: number;
  readonly conversation: Ref<SequenceMessage>;
  /** The device of the segment before this one. */
  readonly from: string;
  readonly next: Ref<SegmentMessage> | undefined;
  readonly sampling: SamplingOptions;
  /** How many of the likeliest tokens are told with each draw; absent where nothing is. */
  readonly logprobs?: number | undefined;
  /** Whether it shares kernels, see `CacheKind`. */
  readonly shared: boolean;
  /** At which level of an elastic model it runs; absent: all of it. */
  readonly level?: number | undefined;
  /** Segments from this one on. */
  readonly stages: number;
  /** The segments behind the next one, in order. */
  readonly route: readonly Ref<SegmentMessage>[];
  /** How many of its tokens are a prompt's. */
  readonly promptTokens: number;
  /** Whether it only readies caches for prompts to come. */
  readonly idle: boolean;
  /** Positions that it comes to at most. */
  readonly room: number;
  /** Of the cache's tokens those that are reserved for it; 0 behind the first segment. */
  reserved: number;
  /** Those that were seated before have smaller numbers. */
  readonly order: number;
  /** When it was seated, on the executor's clock. */
  readonly since: number;
  /** Its tokens so far, also those that wait for their step: the next one comes in at the position behind them. */
  readonly ids: number[];
  /** How many of the last of them are guesses: the next row comes in behind those of them that were right. */
  guessed: number;
  /** How many of them the caches hold, guesses aside: those whose steps have ended well. */
  held: number;
  /** How many they held when it was taken up; 0 for a sequence that began here. */
  readonly begun: number;
  /** Whether it has been taken up and no row has come since: the first may begin anywhere in what is held. */
  fresh: boolean;
}

/** The open sequences, each in a slot of its own. */
export class Sequences {
  readonly #slots: (Sequence | undefined)[];
  readonly #numbers = new Map<number, Sequence>();

  constructor(slots: number) {
    this.#slots = new Array<Sequence | undefined>(slots).fill(undefined);
  }

  /** Slots there are. */
  get capacity(): number {
    return this.#slots.length;
  }

  /** Slots that are taken. */
  get taken(): number {
    return this.#numbers.size;
  }

  /**
   * The lowest slot that no open sequence has, nor `reserved` is true of, so that open sequences stay neighbours and share
   * batches; undefined where there is none.
   */
  free(reserved: (slot: number) => boolean): number | undefined {
    const slot = this.#slots.findIndex((holder, slot) => holder === undefined && !reserved(slot));
    return slot < 0 ? undefined : slot;
  }

  /** Who has a slot. */
  inSlot(slot: number): Sequence | undefined {
    return this.#slots[slot];
  }

  get(number: number): Sequence | undefined {
    return this.#numbers.get(number);
  }

  /** The sequence of this number where it came by this device: nobody else has a word in it, whatever number it guesses. */
  cameBy(number: number, device: string): Sequence | undefined {
    const sequence = this.#numbers.get(number);
    return sequence?.from === device ? sequence : undefined;
  }

  /** Whether it is still this one: its number and its slot may be another's by now. */
  has(sequence: Sequence): boolean {
    return this.#numbers.get(sequence.number) === sequence;
  }

  /** Takes a sequence in, whose slot and number must be free. */
  add(sequence: Sequence): void {
    this.#slots[sequence.slot] = sequence;
    this.#numbers.set(sequence.number, sequence);
  }

  delete({ number, slot }: Sequence): void {
    this.#slots[slot] = undefined;
    this.#numbers.delete(number);
  }

  all(): Sequence[] {
    return [...this.#numbers.values()];
  }
}

/** The latest ids, guesses aside, as far as the penalties look back; none where no penalty is asked for. */
export function historyOf({ ids, guessed, sampling }: Sequence): Int32Array {
  const end = ids.length - guessed;
  return Int32Array.from(needsHistory(sampling) ? ids.slice(Math.max(0, end - HISTORY_TOKENS), end) : []);
}

/** A sequence's ids without those that are only guessed. */
export function certainIds({ ids, guessed }: Sequence): readonly number[] {
  return guessed === 0 ? ids : ids.slice(0, ids.length - guessed);
}

/**
 * Takes ids in that come at `position`, of which the last `guessed` are guesses. What the sequence had from there on, wrong
 * guesses or more than is taken up, is forgotten.
 */
export function extend(sequence: Sequence, position: number, tokens: Int32Array, guessed = 0): void {
  sequence.ids.length = position;
  sequence.held = Math.min(sequence.held, position);
  sequence.guessed = guessed;
  sequence.fresh = false;
  for (const token of tokens) sequence.ids.push(token);
}

/** How many ids two sequences have in common from the beginning on. */
export function commonPrefix(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[length] === other[length]) length++;
  return length;
}
