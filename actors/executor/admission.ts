/**
 * How sequences come and go. The first segment gives slots, in the order of asking; the segments behind it obey. Whoever
 * lets a sequence go tells the next segment, and a segment lets go of what came from a device that it has lost, so that no
 * slot stays taken wherever a pipeline breaks.
 */
import { sameRef } from "../../runtime/actor/mod.ts";
import type { Enter, Leave, Open } from "../pipeline.ts";
import type { CameBy } from "./protocol.ts";
import type { Sequence } from "./sequences.ts";
import type { ExecutorState } from "./state.ts";

/** Characters of a reason that is told to a conversation: its protocol takes 2048. */
const MAX_REASON = 1000;
/** Conversations that may wait for a slot: more than any mesh gets round to while they have patience. */
export const MAX_WAITING = 1024;

/** Gives a conversation's sequence a slot, or lets it wait behind those that wait already. */
export function enter(state: ExecutorState, message: Enter): void {
  const { options, context, sequences, waiting } = state;
  if (!options.embeds) {
    return context.tell(message.conversation, { type: "failed", reason: "a prompt begins at the first segment" });
  }
  // A slot that is freed goes to who waits first, so that a free one is nobody else's.
  const slot = sequences.free();
  if (slot !== undefined) return seat(state, message, slot);
  if (waiting.length < MAX_WAITING) return void waiting.push(message);
  context.tell(message.conversation, { type: "failed", reason: `${MAX_WAITING} answers wait for a place already` });
}

function seat(state: ExecutorState, { conversation, route, sampling }: Enter, slot: number): void {
  const sequence = drawNumber(state);
  begin(state, { type: "open", sequence, slot, route, conversation, sampling }, state.context.device);
  state.context.tell(conversation, { type: "seated", sequence });
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
  const { slot, conversation, from = context.device } = message;
  const refuse = (reason: string) => context.tell(conversation, { type: "failed", reason });
  if (options.embeds) return refuse("slots are the first segment's to give");
  // Else one member could take places in the name of what never ends on another.
  if (conversation.device !== from && options.entrances?.().includes(conversation.device) === false) {
    return refuse("no plan known here begins at this conversation's device");
  }
  if (slot >= options.slots) return refuse(`there is no slot ${slot}: this segment has ${options.slots}`);
  for (const holder of [sequences.inSlot(slot), sequences.get(message.sequence)]) {
    if (holder === undefined) continue;
    // Where the word that it was over has been lost, the device that gave the slot knows best. Two devices give slots here
    // only while a plan replaces another: who had the slot first keeps it, and the other comes again.
    if (holder.conversation.device !== conversation.device) return refuse(`slot ${slot} is still another answer's`);
    fail(state, holder, "its slot was given away");
  }
  begin(state, message, from);
}

function begin(state: ExecutorState, message: Open, from: string): void {
  const { sequences, context } = state;
  const [following, ...route] = message.route;
  const { sequence: number, slot, conversation, sampling } = message;
  sequences.add({ number, slot, conversation, from, next: following, sampling, expected: 0, history: [] });
  for (const device of following === undefined ? [from] : [from, following.device]) {
    context.watchDevice(device, () => ({ type: "device-lost", device }));
  }
  if (following !== undefined) {
    context.tell(following, { type: "open", sequence: number, slot, route, conversation, sampling });
  }
}

/** A conversation is over: its sequence, or its place in the line, is let go. */
export function leave(state: ExecutorState, { conversation }: Leave): void {
  const { sequences, waiting } = state;
  const place = waiting.findIndex((other) => sameRef(other.conversation, conversation));
  if (place >= 0) waiting.splice(place, 1);
  const sequence = sequences.all().find((other) => sameRef(other.conversation, conversation));
  if (sequence !== undefined) release(state, sequence);
}

/** Lets go of the sequences that came from a device, or went on to it. */
export function deviceLost(state: ExecutorState, device: string): void {
  for (const sequence of state.sequences.all()) {
    if (sequence.from === device) fail(state, sequence, `the connection to the segment before was lost (${device})`);
    else if (sequence.next?.device === device) {
      fail(state, sequence, `the connection to the next segment was lost (${device})`);
    }
  }
}

/** Lets go of a sequence that cannot go on, and says so to its conversation. */
export function fail(state: ExecutorState, sequence: Sequence, reason: string): void {
  state.context.tell(sequence.conversation, { type: "failed", reason: reason.slice(0, MAX_REASON) });
  release(state, sequence);
}

/** Frees a sequence's slot here and further down, and lets in who waits for one. */
export function release(state: ExecutorState, sequence: Sequence): void {
  const { sequences, queue, context, waiting } = state;
  if (!sequences.has(sequence)) return;
  sequences.delete(sequence);
  queue.drop(sequence);
  if (sequence.next !== undefined) context.tell(sequence.next, { type: "close", sequence: sequence.number });
  const slot = sequences.free();
  if (slot === undefined) return;
  const first = waiting.shift();
  if (first !== undefined) seat(state, first, slot);
}

/** The executor has ended: all that wait or run here are told, and those behind let go. */
export function dismiss(state: ExecutorState, reason: string): void {
  for (const { conversation } of state.waiting.splice(0)) state.context.tell(conversation, { type: "failed", reason });
  for (const sequence of state.sequences.all()) fail(state, sequence, reason);
}
