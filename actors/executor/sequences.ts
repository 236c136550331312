/** The sequences of a segment: which are open, which wait for a cache slot, and how far each one is. */
import type { Ref } from "../../runtime/actor/mod.ts";
import type { SamplingOptions } from "../../models/sampling/mod.ts";
import type { ConversationMessage } from "../conversation/protocol.ts";
import type { ExecutorMessage } from "./protocol.ts";

/** Tokens the repetition penalty looks back on, as in llama.cpp. */
const HISTORY = 64;

/** An open sequence. */
export interface Sequence {
  readonly id: string;
  readonly slot: number;
  readonly conversation: Ref<ConversationMessage>;
  readonly next: Ref<ExecutorMessage> | undefined;
  readonly sampling: SamplingOptions;
  /** Ends watching its neighbours. */
  readonly unwatch: () => void;
  /** Position of the next token that may come in. */
  expected: number;
  /** The last ids, for the repetition penalty; kept only where the head is and a penalty is asked for. */
  history: number[];
}

/** Slots are given lowest first, so that open sequences stay neighbours and share batches. */
export class SlotPool {
  readonly #taken: boolean[];

  constructor(slots: number) {
    this.#taken = new Array<boolean>(slots).fill(false);
  }

  /** The lowest free slot, now taken, or undefined where none is free. */
  take(): number | undefined {
    const slot = this.#taken.indexOf(false);
    if (slot < 0) return undefined;
    this.#taken[slot] = true;
    return slot;
  }

  free(slot: number): void {
    this.#taken[slot] = false;
  }
}

/** Adds ids to a sequence's history, forgetting what the penalty no longer sees. */
export function remember(sequence: Sequence, tokens: readonly number[]): void {
  if (sequence.sampling.repetitionPenalty === 1) return;
  sequence.history.push(...tokens);
  if (sequence.history.length > HISTORY) sequence.history = sequence.history.slice(-HISTORY);
}
