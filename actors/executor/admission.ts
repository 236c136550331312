/**
 * How sequences come and go. The first segment gives slots, in the order of asking; the segments behind it obey. Whoever
 * lets a sequence go tells the next segment, and a segment lets go of what came from a device that it has lost, so that no
 * slot stays taken wherever a pipeline breaks. What breaks is kept for a while, see `orphans.ts`.
 */
import { sameRef } from "../../runtime/actor/mod.ts";
import { errorText } from "../../runtime/error-text.ts";
import type { Enter, Leave, Open, Resume } from "../pipeline.ts";
import { forget } from "./mirroring.ts";
import { type FindOptions, type Found, RESERVED_MILLISECONDS } from "./orphans.ts";
import type { CameBy } from "./protocol.ts";
import { commonPrefix, type Sequence } from "./sequences.ts";
import type { ExecutorState } from "./state.ts";

/** Characters of a reason that is told to a conversation: its protocol takes 2048. */
const MAX_REASON = 1000;
/** Conversations that may wait for a slot: more than any mesh gets round to while they have patience. */
export const MAX_WAITING = 1024;

/** Gives a conversation's sequence a slot, or lets it wait behind those that wait already. */
export function enter(state: ExecutorState, message: Enter): void {
  const { options, context, orphans, waiting } = state;
  if (!options.embeds) {
    return context.tell(message.conversation, { type: "failed", reason: "a prompt begins at the first segment" });
  }
  const { resume } = message;
  const own = resume === undefined ? undefined : orphans.find(resume, options.clock.now());
  // What an answer left behind it takes up at once, in its own slot: nobody else waits for that one.
  if (own !== undefined) return seat(state, message, own.slot);
  if (waiting.length >= MAX_WAITING) {
    const reason = `${MAX_WAITING} answers wait for a place already`;
    return context.tell(message.conversation, { type: "failed", reason });
  }
  waiting.push(message);
  admit(state);
}

/** Lets in who waits, in order, as far as there are slots. */
export function admit(state: ExecutorState): void {
  for (;;) {
    const [first] = state.waiting;
    const slot = first === undefined ? undefined : freeSlot(state);
    if (first === undefined || slot === undefined) return;
    state.waiting.shift();
    seat(state, first, slot);
  }
}

/** A slot for a new sequence: the lowest that is nobody's, or else that of the oldest orphan. */
function freeSlot({ sequences, orphans, options }: ExecutorState): number | undefined {
  const now = options.clock.now();
  return sequences.free((slot) => orphans.has(slot, now)) ?? orphans.oldest(now);
}

function seat(state: ExecutorState, message: Enter, slot: number): void {
  const { conversation, route, sampling, resume: ids, sharing = "no" } = message;
  const sequence = drawNumber(state);
  // Alone it is faster by the kernels of one row; and what it began with it has to go on with.
  const shared = sharing === "yes" || (sharing === "may" && state.sequences.taken > 0);
  state.context.tell(conversation, { type: "seated", sequence, ...(shared ? { shared } : {}) });
  // Here nobody knows yet what it was called.
  const resume = ids === undefined ? undefined : { ids, extent: ids.length - 1, was: sequence };
  const open = { type: "open" as const, sequence, slot, route, conversation, sampling, resume };
  begin(state, { ...open, ...(shared ? { shared } : {}) }, state.context.device);
}

function drawNumber({ sequences }: ExecutorState): number {
  for (;;) {
    const number = (crypto.getRandomValues(new Int32Array(1))[0] ?? 0) & 0x7fffffff;
    if (sequences.get(number) === undefined) return number;
  }
}

/** Opens a sequence in the slot that the first segment gave it. */
export function open(state: ExecutorState, message: Open & CameBy): void {
  const { options, context, sequences } = state;
  const { slot, conversation, resume, from = context.device } = message;
  const refuse = (reason: string) => context.tell(conversation, { type: "failed", reason });
  if (options.embeds) return refuse("slots are the first segment's to give");
  // Else one member could take places in the name of what never ends on another.
  if (conversation.device !== from && options.entrances?.().includes(conversation.device) === false) {
    return refuse("no plan known here begins at this conversation's device");
  }
  if (slot >= options.slots) return refuse(`there is no slot ${slot}: this segment has ${options.slots}`);
  for (const holder of [sequences.inSlot(slot), sequences.get(message.sequence)]) {
    if (holder === undefined) continue;
    const own = resume !== undefined && isTakenUp(holder, resume);
    // Where the word that it was over has been lost, the device that gave the slot knows best. Two devices give slots here
    // only while a plan replaces another: who had the slot first keeps it, and the other comes again.
    if (!own && holder.conversation.device !== conversation.device) {
      return refuse(`slot ${slot} is still another answer's`);
    }
    fail(state, holder, "its slot was given away", own);
  }
  begin(state, message, from);
}

/** Whether a sequence that is open is what a conversation takes up before its end has been heard of here. */
function isTakenUp({ ids }: Sequence, resume: Resume): boolean {
  return commonPrefix(ids, resume.ids) === Math.min(ids.length, resume.ids.length);
}

function begin(state: ExecutorState, message: Open, from: string): void {
  const { sequences, context } = state;
  const [following, ...route] = message.route;
  const { sequence: number, slot, conversation, sampling, shared = false } = message;
  const stages = message.route.length + 1;
  const resume = takeUp(state, message);
  const ids = resume === undefined ? [] : [...resume.ids.subarray(0, resume.extent)];
  const held = ids.length;
  const fresh = resume !== undefined;
  const place = { number, slot, conversation, from, next: following, stages };
  sequences.add({ ...place, sampling, shared, ids, held, begun: held, fresh });
  for (const device of following === undefined ? [from] : [from, following.device]) {
    context.watchDevice(device, () => ({ type: "device-lost", device }));
  }
  if (following !== undefined) {
    const open = { type: "open" as const, sequence: number, slot, route, conversation, sampling, resume };
    context.tell(following, { ...open, ...(shared ? { shared } : {}) });
  }
  // Whoever ends the search for caches says how far it came.
  const last = following === undefined || resume === undefined;
  if (message.resume !== undefined && last) context.tell(conversation, { type: "resumed", position: held });
}

/** Brings the caches that a sequence left here to its slot. Returns what there is, or nothing. */
function takeUp(state: ExecutorState, { sequence, slot, resume }: Open): Resume | undefined {
  const { context } = state;
  const found = resume === undefined ? undefined : bring(state, slot, resume.ids, resume, (reason) => {
    context.tell(context.self, { type: "not-taken-up", sequence, reason });
  });
  state.orphans.drop(slot);
  if (resume === undefined || found === undefined) return undefined;
  return { ids: resume.ids, extent: Math.min(found.extent, resume.extent), was: found.number };
}

/**
 * Brings caches that hold a beginning of `ids` to a slot, whatever it holds. Returns what was found; nothing where there are
 * none. `failed` is called should the worker not be able to.
 */
export function bring(
  { orphans, options: { segment, clock } }: ExecutorState,
  slot: number,
  ids: Int32Array,
  options: FindOptions,
  failed: (reason: string) => void,
): Found | undefined {
  const found = orphans.find(ids, clock.now(), options);
  if (found === undefined) return undefined;
  orphans.drop(found.slot);
  if (found.slot !== slot) {
    // The worker copies before it runs whatever comes after this.
    segment.copyCache(found.slot, slot, found.extent).catch((error) => failed(errorText(error)));
  }
  return found;
}

/** A conversation is over: its sequence, or its place in the line, is let go. */
export function leave(state: ExecutorState, { conversation, keep }: Leave): void {
  const { sequences, waiting } = state;
  const place = waiting.findIndex((other) => sameRef(other.conversation, conversation));
  if (place >= 0) waiting.splice(place, 1);
  const sequence = sequences.all().find((other) => sameRef(other.conversation, conversation));
  if (sequence !== undefined) release(state, sequence, keep);
}

/** Lets go of the sequences that came from a device, or went on to it; they may be taken up. */
export function deviceLost(state: ExecutorState, device: string): void {
  for (const sequence of state.sequences.all()) {
    if (sequence.from === device) {
      fail(state, sequence, `the connection to the segment before was lost (${device})`, true);
    } else if (sequence.next?.device === device) {
      fail(state, sequence, `the connection to the next segment was lost (${device})`, true);
    }
  }
}

/** Lets go of a sequence that cannot go on, and says so to its conversation. `keep` where others may take it up. */
export function fail(state: ExecutorState, sequence: Sequence, reason: string, keep = false): void {
  state.context.tell(sequence.conversation, { type: "failed", reason: reason.slice(0, MAX_REASON) });
  release(state, sequence, keep);
}

/** Frees a sequence's slot here and further down, and lets in who waits for one. `keep` where it may be taken up. */
export function release(state: ExecutorState, sequence: Sequence, keep: boolean): void {
  const { sequences, orphans, queue, context, options } = state;
  if (!sequences.has(sequence)) return;
  sequences.delete(sequence);
  queue.drop(sequence);
  orphans.drop(sequence.slot);
  if (keep && sequence.held > 0) orphans.keep(sequence, options.clock.now());
  forget(state, sequence, keep);
  if (sequence.next !== undefined) context.tell(sequence.next, { type: "close", sequence: sequence.number, keep });
  admit(state);
  // Who waits may have the slot of an orphan a little later.
  if (keep && options.embeds) context.after(RESERVED_MILLISECONDS, { type: "admit" });
}

/** The executor has ended: all that wait or run here are told, and those behind let go. */
export function dismiss(state: ExecutorState, reason: string): void {
  for (const { conversation } of state.waiting.splice(0)) state.context.tell(conversation, { type: "failed", reason });
  for (const sequence of state.sequences.all()) fail(state, sequence, reason, true);
}
