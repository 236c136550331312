/**
 * How sequences come and go. The first segment gives slots, in the order of asking; the segments behind it obey. Whoever
 * lets a sequence go tells the next segment, and a segment lets go of what came from a device that it has lost, so that no
 * slot stays taken wherever a pipeline breaks. What breaks is kept for a while, see `orphans.ts`.
 */
import { sameRef } from "../../runtime/actor/mod.ts";
import { type CacheKind, kindOf } from "../cache-kind.ts";
import type { Enter, Leave, Open, Resume } from "../pipeline.ts";
import { firstReserve, fits, trim } from "./budget.ts";
import { forget } from "./mirroring.ts";
import { RESERVED_MILLISECONDS } from "./orphans.ts";
import type { CameBy } from "./protocol.ts";
import { readSoon, remember } from "./rereading.ts";
import { certainIds, commonPrefix, type Sequence } from "./sequences.ts";
import type { ExecutorState } from "./state.ts";
import { takeUp } from "./taking-up.ts";

/** How long those who come count on company after several were under way at once. */
const TOGETHER_MILLISECONDS = 60_000;

/** Characters of a reason that is told to a conversation: its protocol takes 2048. */
const MAX_REASON = 1000;
/** How long a place is taken for where none has been given back yet. */
const USUAL_STAY_MILLISECONDS = 10_000;
/** The longest time that anybody is told to come back after. */
const MAX_RETRY_SECONDS = 600;

/**
 * Whom the caches of a sequence that is let go are kept for: the answer that goes on with it, or prompts that begin like it
 * once it is over; nobody where something speaks against what they hold.
 */
export type KeptFor = "answer" | "prompts" | "nobody";

/** Gives a conversation's sequence a slot, or lets it wait behind those that wait already. */
export function enter(state: ExecutorState, message: Enter): void {
  const { options, context, orphans, waiting, sequences } = state;
  const { resume, fresh = false, idle = false, conversation } = message;
  if (!options.embeds) {
    return context.tell(conversation, { type: "failed", reason: "a prompt begins at the first segment" });
  }
  const fault = levelFault(state, message);
  if (fault !== undefined) return context.tell(conversation, { type: "failed", reason: fault });
  if (idle && (sequences.taken > 0 || waiting.length > 0)) {
    return context.tell(conversation, { type: "failed", reason: "there is other work" });
  }
  if (!idle) giveWay(state);
  const now = options.clock.now();
  const own = resume === undefined || fresh
    ? undefined
    : orphans.find(resume, now, kindOf({ ...message, shared: message.sharing === "yes" }));
  // What an answer left behind it takes up at once, in its own slot: nobody else waits for that one.
  if (own !== undefined && !own.over) {
    const reserved = orphans.isReserved(own.slot, now) ? own.extent : 0;
    if (fits(state, message, reserved)) return seat(state, message, own.slot);
  }
  if (!waiting.takes(message)) {
    const reason = `${waiting.length} answers wait for a place already.`;
    return context.tell(conversation, { type: "refused", reason, retryAfterSeconds: retryAfter(state) });
  }
  waiting.push(message);
  admit(state);
  if (waiting.has(conversation)) context.tell(conversation, { type: "waits" });
}

/** Seconds after which those that wait now have a place, as long as places have been taken for lately. */
function retryAfter({ waiting, sequences, stay = USUAL_STAY_MILLISECONDS }: ExecutorState): number {
  const seconds = stay * waiting.length / Math.max(1, sequences.taken) / 1000;
  return Math.min(MAX_RETRY_SECONDS, Math.max(1, Math.ceil(seconds)));
}

/** Whoever only readies caches has to stop. */
export function giveWay(state: ExecutorState): void {
  for (const sequence of state.sequences.all()) {
    if (sequence.idle) fail(state, sequence, "there is other work", "prompts");
  }
}

/** Lets in who waits, each client in its turn, as far as there are slots and memory. */
export function admit(state: ExecutorState): void {
  const { options, waiting, sequences } = state;
  const { slots, concurrency = slots } = options;
  for (;;) {
    const first = waiting.first();
    const slot = first === undefined || sequences.taken >= concurrency ? undefined : freeSlot(state);
    if (first === undefined || slot === undefined || !fits(state, first)) return;
    waiting.shift();
    seat(state, first, slot);
  }
}

/**
 * A slot for a new sequence: the lowest that is nobody's, so that open sequences are neighbours and share batches; what is
 * kept there for any prompt moves to another. Where there is no other, the slot of the oldest orphan.
 */
function freeSlot({ sequences, orphans, options }: ExecutorState): number | undefined {
  const now = options.clock.now();
  const empty = sequences.free((slot) => orphans.has(slot, now));
  return empty === undefined ? orphans.oldest(now) : sequences.free((slot) => orphans.isWanted(slot, now));
}

function seat(state: ExecutorState, message: Enter, slot: number): void {
  const { conversation, route, sampling, resume: ids, fresh = false, logprobs, idle, sharing = "no" } = message;
  const { context, options } = state;
  const sequence = drawNumber(state);
  const shared = shares(state, sharing);
  // Here nobody knows yet what it was called.
  const resume = ids === undefined ? undefined : { ids, extent: ids.length - 1, was: sequence };
  const asked = { sampling, logprobs, resume, idle, ...kindOf({ ...message, shared }) };
  const open = { type: "open" as const, sequence, slot, route, conversation, ...asked };
  if (options.levels !== undefined && options.levels > 1 && idle !== true) {
    state.mix.add(message.level ?? options.levels);
  }
  const found = takeUp(state, open, fresh);
  const searched = !fresh || found !== undefined;
  context.tell(conversation, {
    ...{ type: "seated", sequence },
    ...(shared ? { shared } : {}),
    ...(fresh && searched ? { resumes: true } : {}),
  });
  begin(state, { ...open, ...(searched ? {} : { resume: undefined }) }, {
    ...{ from: context.device, found, reserved: firstReserve(message, options) },
    room: Math.min(message.room ?? options.context, options.context),
  });
}

/**
 * Whether a sequence shares kernels with others. Alone it is faster by the kernels of one row, but what it begins with it has to
 * go on with: who comes soon after others were under way together will hardly stay alone.
 */
function shares(state: ExecutorState, sharing: Enter["sharing"]): boolean {
  const now = state.options.clock.now();
  if (state.sequences.taken > 0) state.togetherAt = now;
  return sharing === "yes" || (sharing === "may" && now - state.togetherAt < TOGETHER_MILLISECONDS);
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
  const fault = levelFault(state, message);
  if (fault !== undefined) return refuse(fault);
  for (const holder of [sequences.inSlot(slot), sequences.get(message.sequence)]) {
    if (holder === undefined) continue;
    const own = resume !== undefined && isTakenUp(holder, message);
    // Where the word that it was over has been lost, the device that gave the slot knows best. Two devices give slots here
    // only while a plan replaces another: who had the slot first keeps it, and the other comes again.
    if (!own && holder.conversation.device !== conversation.device) {
      return refuse(`slot ${slot} is still another answer's`);
    }
    fail(state, holder, "its slot was given away", own ? "answer" : "nobody");
  }
  begin(state, message, { from, found: takeUp(state, message, false), room: options.context, reserved: 0 });
}

/** Why nothing can run at the level that is asked for. */
function levelFault({ options: { levels = 1 } }: ExecutorState, { level = levels }: CacheKind): string | undefined {
  return level > levels ? `there is no level ${level}: this model has ${levels}` : undefined;
}

/** Whether a sequence that is open is what a conversation takes up before its end has been heard of here. */
function isTakenUp(sequence: Sequence, { resume, promptTokens = 0, shared = false, level }: Open): boolean {
  const ids = certainIds(sequence);
  const alike = sequence.promptTokens === promptTokens && sequence.shared === shared && sequence.level === level;
  return resume !== undefined && alike &&
    commonPrefix(ids, resume.ids) === Math.min(ids.length, resume.ids.length);
}

/** What a sequence begins with here. */
interface Beginning {
  readonly from: string;
  readonly found: Resume | undefined;
  readonly room: number;
  readonly reserved: number;
}

function begin(state: ExecutorState, message: Open, { from, found, room, reserved }: Beginning): void {
  const { sequences, context, options } = state;
  const [following, ...route] = message.route;
  const { sequence: number, slot, conversation, sampling, logprobs, idle } = message;
  const { promptTokens = 0, shared = false, level } = message;
  const ids = found === undefined ? [] : [...found.ids.subarray(0, found.extent)];
  const held = ids.length;
  const place = { number, slot, conversation, from, next: following, route, stages: message.route.length + 1 };
  sequences.add({
    ...{ ...place, sampling, shared, ids, guessed: 0, held, begun: held, fresh: found !== undefined, room, reserved },
    ...{
      ...{ logprobs, promptTokens, level },
      idle: idle ?? false,
      order: ++state.seated,
      since: options.clock.now(),
    },
  });
  trim(state);
  for (const device of following === undefined ? [from] : [from, following.device]) {
    context.watchDevice(device, () => ({ type: "device-lost", device }));
  }
  if (following !== undefined) {
    context.tell(following, {
      ...{ type: "open", sequence: number, slot, route, conversation, sampling, resume: found },
      ...(logprobs === undefined ? {} : { logprobs }),
      ...(idle === undefined ? {} : { idle }),
      ...kindOf(message),
    });
  }
  // Whoever ends the search for caches says how far it came.
  const last = following === undefined || found === undefined;
  if (message.resume !== undefined && last) context.tell(conversation, { type: "resumed", position: held });
}

/** A conversation is over: its sequence, or its place in the line, is let go. */
export function leave(state: ExecutorState, message: Leave): void {
  const { sequences, waiting } = state;
  const { conversation } = message;
  waiting.remove(conversation);
  const sequence = sequences.all().find((other) => sameRef(other.conversation, conversation));
  if (sequence !== undefined) release(state, sequence, keptFor(message));
  else admit(state);
}

/** Whom caches are kept for, from what the word that a sequence is over says. */
export function keptFor(
  { keep, over = false }: Pick<Leave, "keep"> & { readonly over?: boolean | undefined },
): KeptFor {
  if (!keep) return "nobody";
  return over ? "prompts" : "answer";
}

/** Lets go of the sequences that came from a device, or went on to it; they may be taken up. */
export function deviceLost(state: ExecutorState, device: string): void {
  for (const sequence of state.sequences.all()) {
    if (sequence.from === device) {
      fail(state, sequence, `the connection to the segment before was lost (${device})`, "answer");
    } else if (sequence.next?.device === device) {
      fail(state, sequence, `the connection to the next segment was lost (${device})`, "answer");
    }
  }
}

/** Lets go of a sequence that cannot go on, and says so to its conversation. */
export function fail(state: ExecutorState, sequence: Sequence, reason: string, kept: KeptFor = "nobody"): void {
  state.context.tell(sequence.conversation, { type: "failed", reason: reason.slice(0, MAX_REASON) });
  release(state, sequence, kept);
}

/** Frees a sequence's slot here and further down, and lets in who waits for one. */
export function release(state: ExecutorState, sequence: Sequence, kept: KeptFor): void {
  const { sequences, orphans, queue, context, options } = state;
  if (!sequences.has(sequence)) return;
  sequences.delete(sequence);
  queue.drop(sequence);
  orphans.drop(sequence.slot);
  const now = options.clock.now();
  if (kept !== "nobody" && sequence.held > 0) orphans.keep(sequence, now, kept === "prompts");
  if (!sequence.idle) state.stay = (now - sequence.since + 3 * (state.stay ?? now - sequence.since)) / 4;
  forget(state, sequence, kept === "answer");
  if (sequence.next !== undefined) {
    const over = kept === "prompts" ? { over: true } : {};
    context.tell(sequence.next, { type: "close", sequence: sequence.number, keep: kept !== "nobody", ...over });
  }
  if (kept === "prompts") remember(state, sequence);
  trim(state);
  admit(state);
  readSoon(state);
  // Who waits may have the slot of an orphan a little later.
  if (kept === "answer" && options.embeds) context.after(RESERVED_MILLISECONDS, { type: "admit" });
}

/** The executor has ended: all that wait or run here are told, and those behind let go. */
export function dismiss(state: ExecutorState, reason: string): void {
  for (const { conversation } of state.waiting.clear()) state.context.tell(conversation, { type: "failed", reason });
  for (const sequence of state.sequences.all()) fail(state, sequence, reason, "answer");
}
