/**
 * A segment that mirrors another one: the same blocks, loaded on another device, that run nothing. It keeps in its caches
 * what the other one sends (`mirroring.ts`), sequence by sequence in the same slots, as if they were sequences that broke
 * here: should a plan put this segment in the other's place, answers are taken up where the copies end.
 */
import { type Ref, sameRef } from "../../runtime/actor/mod.ts";
import { kindOf } from "../cache-kind.ts";
import type { Copied, Copy, Forget, Recall } from "./mirror-protocol.ts";
import { type Kept, keptKind } from "./orphans.ts";
import type { ExecutorMessage } from "./protocol.ts";
import type { ExecutorState, Following } from "./state.ts";
import { bring } from "./taking-up.ts";

/** Mirrors `source` from now on, or nobody. What was copied from another one is kept for a while. */
export function follow(state: ExecutorState, source: Ref<Copied> | undefined): void {
  const { following, context } = state;
  if (source !== undefined && following !== undefined && sameRef(following.source, source)) return;
  if (following !== undefined) orphan(state, following);
  state.following = source && { source, copies: new Map() };
  if (source !== undefined) context.watchDevice(source.device, () => ({ type: "device-lost", device: source.device }));
}

/** The connection to a device is lost; if the mirrored segment is there, its answers may be taken up here soon. */
export function sourceLost(state: ExecutorState, device: string): void {
  const { following } = state;
  if (following?.source.device === device) orphan(state, following);
}

function orphan({ orphans, options }: ExecutorState, { copies }: Following): void {
  for (const kept of copies.values()) if (orphans.keeps(kept)) orphans.keep(kept, options.clock.now());
}

/** Takes a copy of what the source's caches hold of a sequence from a position on, if it fits to what is here. */
export function takeCopy(state: ExecutorState, message: Copy, from: string): void {
  const following = followingOn(state, from, message.slot);
  if (following === undefined) return;
  const { options, orphans, context } = state;
  const { copy, sequence, slot, position, tokens, data } = message;
  const known = following.copies.get(sequence);
  const kept = known !== undefined && known.slot === slot && orphans.keeps(known)
    ? known
    : keepCopy(state, following, { ...keptKind(message), number: sequence, slot, ids: [], held: 0 });
  if (position > kept.held || position + tokens.length > options.context) return acknowledge(state, message, kept.held);
  // What lies behind is overwritten. And the source is there, should the connection to it have been lost.
  kept.held = position;
  orphans.keep(kept, Infinity);
  state.written.add(slot);
  options.segment.writeCache("all", slot, position, data).then(
    (): ExecutorMessage => ({ type: "cache-written", copy, sequence, position, tokens }),
    (): ExecutorMessage => ({ type: "cache-written", copy, sequence, position, tokens: new Int32Array(0) }),
  ).then((written) => context.tell(context.self, written));
}

function keepCopy({ orphans }: ExecutorState, { copies }: Following, kept: Kept): Kept {
  orphans.keep(kept, Infinity);
  copies.set(kept.number, kept);
  return kept;
}

/** A copy is in the caches, with as many positions as it has tokens. */
export function written(state: ExecutorState, message: Extract<ExecutorMessage, { type: "cache-written" }>): void {
  const { position, tokens } = message;
  const kept = state.following?.copies.get(message.sequence);
  if (kept !== undefined && kept.held === position) {
    kept.ids.length = position;
    kept.ids.push(...tokens);
    kept.held = kept.ids.length;
  }
  acknowledge(state, message, kept?.held ?? 0);
}

/** The source has a sequence of these ids, of which copies may be here from before it was taken up. */
export function recall(state: ExecutorState, message: Recall, from: string): void {
  const following = followingOn(state, from, message.slot);
  if (following === undefined) return;
  const { orphans } = state;
  const { sequence, slot, ids } = message;
  const options = { ...kindOf(message), abandoned: true };
  const { extent } = bring(state, slot, ids, options, () => orphans.drop(slot)) ?? { extent: 0 };
  const held = { ids: [...ids.subarray(0, extent)], held: extent };
  keepCopy(state, following, { ...keptKind(message), number: sequence, slot, ...held });
  acknowledge(state, message, extent);
}

/** A sequence of the source is over; `keep` where it may be taken up. */
export function forgetCopy(
  state: ExecutorState,
  { sequence, keep }: Forget,
  from: string,
): void {
  const { following, orphans, options } = state;
  if (following?.source.device !== from) return;
  const kept = following.copies.get(sequence);
  following.copies.delete(sequence);
  if (kept === undefined || !orphans.keeps(kept)) return;
  orphans.drop(kept.slot);
  if (keep && kept.held > 0) orphans.keep(kept, options.clock.now());
}

/** The source that a device speaks for, where the slot that it speaks of is one that nobody uses. */
function followingOn({ following, sequences, options }: ExecutorState, from: string, slot: number) {
  const free = slot < options.slots && sequences.inSlot(slot) === undefined;
  return free && following?.source.device === from ? following : undefined;
}

function acknowledge(
  { following, context }: ExecutorState,
  { copy, sequence }: { readonly copy: number; readonly sequence: number },
  position: number,
): void {
  if (following !== undefined) context.tell(following.source, { type: "copied", copy, sequence, position });
}
