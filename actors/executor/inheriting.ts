/** An executor of the next plan: has the caches of the plan in force brought here, and answers wait for the last of them. */
import { reply, sameRef } from "../../runtime/actor/mod.ts";
import type { Close, Enter, Leave, Open } from "../pipeline.ts";
import { admit } from "./admission.ts";
import { heir } from "./heir.ts";
import type { Bequest, BequestWritten, Inherit, Lapsed } from "./heritage-protocol.ts";
import { keptKind, RESERVED_MILLISECONDS } from "./orphans.ts";
import type { ExecutorState } from "./state.ts";

/** How long an answer that is taken up waits for the last positions of its caches; what is not here then is run again. */
const CATCH_UP_MILLISECONDS = 1000;

/** Has another actor bring what these segments have. */
export function inherit(state: ExecutorState, { sources, replyTo }: Inherit): void {
  const { context, inheriting } = state;
  if (inheriting !== undefined) return reply(context, replyTo, null);
  const ref = context.spawn(heir({ sources, executor: context.self, settled: replyTo }), { name: "heir" });
  state.inheriting = { heir: ref, deferred: [] };
  context.watch(ref, () => ({ type: "inherited" }));
}

/** Writes a piece of a sequence's caches to the slot that it has elsewhere, if nobody has it here. */
export function bequeathed(state: ExecutorState, message: Bequest): void {
  const { context, options, orphans, sequences } = state;
  const { sequence: number, slot, position, ids, parts, replyTo } = message;
  const now = options.clock.now();
  const known = orphans.get(number, now);
  const free = slot < options.slots && sequences.inSlot(slot) === undefined &&
    (known !== undefined || !orphans.isWanted(slot, now));
  if (!free || ids.length > options.context) return reply(context, replyTo, -1);
  const held = known?.held ?? 0;
  if (position > held) return reply(context, replyTo, held);
  // What lies behind is overwritten.
  orphans.keep({ ...keptKind(message), number, slot, ids: [...ids], held: position }, Infinity);
  state.written.add(slot);
  Promise.all(parts.map(({ layer, data }) => options.segment.writeCache(layer, slot, position, data))).then(
    () => context.tell(context.self, { ...message, type: "bequest-written" }),
    () => {
      context.tell(context.self, { type: "lapsed", sequences: [number] });
      reply(context, replyTo, -1);
    },
  );
}

/** A piece is in the caches: it counts from now on, unless the sequence has been taken up meanwhile. */
export function bequestWritten({ orphans, options, context }: ExecutorState, message: BequestWritten): void {
  const { sequence, position, ids, replyTo } = message;
  const kept = orphans.get(sequence, options.clock.now());
  if (kept === undefined || kept.held !== position) return reply(context, replyTo, -1);
  kept.held = ids.length;
  reply(context, replyTo, ids.length);
}

/** Sequences are over where they were: what is here of them is kept no longer, unless it has been taken up. */
export function lapsed(state: ExecutorState, { sequences }: Lapsed): void {
  const { orphans, options } = state;
  for (const number of sequences) {
    const kept = orphans.get(number, options.clock.now());
    if (kept !== undefined) orphans.drop(kept.slot);
  }
  admit(state);
}

/** Whether an answer that is to be taken up has to wait: until what its caches lack has been fetched. */
export function defer(state: ExecutorState, message: Enter | (Open & { readonly from?: string })): boolean {
  const { inheriting, context } = state;
  if (inheriting === undefined || message.resume === undefined) return false;
  if (message.type === "enter" && message.fresh === true) return false;
  const { deferred, heir: ref } = inheriting;
  deferred.push(message);
  context.ask(ref, (replyTo) => ({ type: "catch-up" as const, replyTo }), { timeoutMs: CATCH_UP_MILLISECONDS })
    .then(() => context.tell(context.self, { type: "caught-up", message }));
  return true;
}

/** Whether a message that has waited is still wanted; it is from now on the executor's own affair. */
export function resumeDeferred({ inheriting }: ExecutorState, message: Enter | Open): boolean {
  const index = inheriting?.deferred.indexOf(message) ?? -1;
  if (index >= 0) inheriting?.deferred.splice(index, 1);
  return index >= 0;
}

/** A conversation or a sequence is over before it could be taken up. */
export function forgetDeferred({ inheriting }: ExecutorState, message: Leave | Close): void {
  if (inheriting === undefined) return;
  inheriting.deferred = inheriting.deferred.filter((waiting) =>
    message.type === "leave"
      ? !sameRef(waiting.conversation, message.conversation)
      : waiting.type !== "open" || waiting.sequence !== message.sequence
  );
}

/** Nothing more is brought: what has not been taken up is kept for as long as what broke here. */
export function inherited(state: ExecutorState): void {
  const { orphans, options, inheriting, context } = state;
  state.inheriting = undefined;
  const now = options.clock.now();
  for (const kept of orphans.all(now)) orphans.keep(kept, now);
  for (const message of inheriting?.deferred ?? []) context.tell(context.self, message);
  if (options.embeds) context.after(RESERVED_MILLISECONDS, { type: "admit" });
}
