/** The sequences of a segment: which are open, in which slot, and how far each one is. */
import type { Ref } from "../../runtime/actor/mod.ts";
import { needsHistory, type SamplingOptions } from "../../models/sampling/mod.ts";
import type { SegmentMessage, SequenceMessage } from "../pipeline.ts";

/** Tokens the penalties look back on, as in llama.cpp. */
const HISTORY = 64;

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
  /** Position of the next token that may come in. */
  expected: number;
  /** The last ids, for the penalties; kept only where the head is and a penalty is asked for. */
  history: number[];
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

  /** The lowest free slot, so that open sequences stay neighbours and share batches; undefined where none is free. */
  free(): number | undefined {
    const slot = this.#slots.indexOf(undefined);
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

/** Adds ids to a sequence's history, forgetting what the penalty no longer sees. */
export function remember(sequence: Sequence, tokens: Int32Array): void {
  if (!needsHistory(sequence.sampling)) return;
  sequence.history.push(...tokens);
  if (sequence.history.length > HISTORY) sequence.history = sequence.history.slice(-HISTORY);
}
