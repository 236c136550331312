/**
 * A segment whose caches are mirrored: what its steps add to them goes to an executor elsewhere that holds the same blocks,
 * in small pieces, one under way at a time, so that a slow link or a slow mirror only leaves the mirror behind and an
 * answer's own frames wait for one piece at most. What the mirror does with them is in `mirrored.ts`.
 */
import { type Ref, sameRef } from "../../runtime/actor/mod.ts";
import { errorText } from "../../runtime/error-text.ts";
import { kindOf } from "../cache-kind.ts";
import { MAX_STEP_TOKENS } from "../wire.ts";
import type { Copied, ToMirror } from "./mirror-protocol.ts";
import type { ExecutorMessage } from "./protocol.ts";
import type { Sequence } from "./sequences.ts";
import type { ExecutorState, Mirroring } from "./state.ts";

/**
 * Bytes of a piece at most, but for one position: what the frames of answers may have to wait behind. A piece costs a
 * millisecond or more of both devices, however little it holds, so smaller ones cost more a token.
 */
export const PIECE_BYTES = 256 * 1024;
/** A whole piece is sent as soon as it is there, and so is a good part of a chunk of a prompt… */
export const ENOUGH_POSITIONS = 16;
/** …and less when it has waited for so long: what the mirror lacks is run again, in less time than it was run in first. */
export const BATCH_MILLISECONDS = 500;
/** A piece that is not acknowledged for so long is lost; what it held is sent again. */
export const LOST_MILLISECONDS = 2000;

/** Has the caches mirrored at `to`, or no longer. */
export function mirrorTo(state: ExecutorState, to: Ref<ToMirror> | undefined): void {
  const { mirroring } = state;
  if (to !== undefined && mirroring !== undefined && sameRef(mirroring.to, to)) return;
  state.mirroring = to && { to, known: new Map(), flight: undefined, copies: mirroring?.copies ?? 0, waiting: false };
}

/** Positions that the mirror is behind, of all open sequences; undefined where there is none. */
export function lagOf({ mirroring, sequences }: ExecutorState): number | undefined {
  if (mirroring === undefined) return undefined;
  return sequences.all().reduce((sum, sequence) => sum + behind(mirroring, sequence), 0);
}

function behind({ known }: Mirroring, { number, held, idle }: Sequence): number {
  // Nobody waits for one that only readies caches.
  if (idle) return 0;
  // A sequence that was taken up may have gone back to before what the mirror had.
  return Math.max(0, held - (known.get(number) ?? 0));
}

/** Sends the next piece if one is due and none is under way. `all` where what is left of a batch has waited enough. */
export function advance(state: ExecutorState, all = false): void {
  const { mirroring, sequences, options, context } = state;
  if (mirroring === undefined) return;
  const { flight } = mirroring;
  if (flight !== undefined && options.clock.now() - flight.since > LOST_MILLISECONDS) mirroring.flight = undefined;
  let most: Sequence | undefined;
  for (const sequence of sequences.all()) {
    if (behind(mirroring, sequence) > (most === undefined ? 0 : behind(mirroring, most))) most = sequence;
  }
  if (most === undefined) return;
  if (
    mirroring.flight === undefined && behind(mirroring, most) >= (all ? 1 : Math.min(roomIn(options), ENOUGH_POSITIONS))
  ) {
    send(state, mirroring, most, all);
  }
  if (mirroring.waiting) return;
  mirroring.waiting = true;
  context.after(BATCH_MILLISECONDS, { type: "mirror-due" });
}

/** Positions of a whole piece. */
function roomIn({ positionBytes }: ExecutorState["options"]): number {
  return Math.min(MAX_STEP_TOKENS, Math.max(1, Math.floor(PIECE_BYTES / Math.max(1, positionBytes))));
}

function send({ options, context }: ExecutorState, mirroring: Mirroring, sequence: Sequence, all: boolean): void {
  const { number, slot, ids, held, begun } = sequence;
  const copy = ++mirroring.copies;
  mirroring.flight = { copy, since: options.clock.now(), all };
  const known = mirroring.known.get(number);
  if (known === undefined && begun > 0) {
    // The mirror may have copies of the same ids: from before the sequence broke and was taken up.
    const before = Int32Array.from(ids.slice(0, held));
    return context.tell(mirroring.to, {
      ...{ type: "recall", copy, sequence: number, slot, ids: before },
      ...kindOf(sequence),
    });
  }
  const position = Math.min(known ?? 0, held);
  mirroring.known.set(number, position);
  const end = Math.min(held, position + roomIn(options));
  const tokens = Int32Array.from(ids.slice(position, end));
  options.segment.readCache("all", slot, position, end).then(
    (data): ExecutorMessage => ({ type: "cache-read", copy, sequence: number, slot, position, tokens, data }),
    (error): ExecutorMessage => ({ type: "cache-unread", copy, reason: errorText(error) }),
  ).then((message) => context.tell(context.self, message));
}

/** Passes on what was read from the caches, if the sequence is still open: else nobody needs it. */
export function passOnCopy(state: ExecutorState, message: Extract<ExecutorMessage, { type: "cache-read" }>): void {
  const { mirroring, sequences, context } = state;
  if (mirroring?.flight?.copy !== message.copy) return;
  const sequence = sequences.get(message.sequence);
  if (sequence === undefined) return landed(state, message.copy, true);
  context.tell(mirroring.to, { ...message, type: "copy", ...kindOf(sequence) });
}

/** The mirror says how much it holds of a sequence. */
export function copied(
  state: ExecutorState,
  { copy, sequence, position }: Copied,
  from: string,
): void {
  const { mirroring, sequences } = state;
  if (mirroring?.to.device !== from) return;
  const before = mirroring.known.get(sequence) ?? -1;
  if (sequences.get(sequence) !== undefined) mirroring.known.set(sequence, position);
  landed(state, copy, position > before);
}

/** A piece is not under way any more: the next one may be, but not at once where it did not help. */
export function landed(state: ExecutorState, copy: number, helped: boolean): void {
  const { mirroring } = state;
  const flight = mirroring?.flight;
  if (mirroring === undefined || flight?.copy !== copy) return;
  mirroring.flight = undefined;
  if (helped) advance(state, flight.all);
}

/** What was kept for a batch has waited long enough. */
export function mirrorDue(state: ExecutorState): void {
  if (state.mirroring === undefined) return;
  state.mirroring.waiting = false;
  advance(state, true);
}

/** A sequence is not open any more; `keep` where it may be taken up. */
export function forget({ mirroring, context }: ExecutorState, { number }: Sequence, keep: boolean): void {
  if (mirroring?.known.delete(number)) context.tell(mirroring.to, { type: "forget", sequence: number, keep });
}
