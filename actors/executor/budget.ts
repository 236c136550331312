/**
 * The tokens that a segment's caches may hold. The first segment reserves them for each sequence: its prompt and a little
 * more, and more whenever it needs it. Where there are none left the sequence that was seated last is put off: it goes on
 * when there is room again. The oldest is never put off, so answers always end. Kept caches give way to sequences, on every
 * segment by itself.
 */
import type { Enter } from "../pipeline.ts";
import { RESERVED_MILLISECONDS } from "./orphans.ts";
import type { Sequence } from "./sequences.ts";
import type { ExecutorState } from "./state.ts";

/** What a sequence gets at once beyond what it needs: most answers are no longer than a few of these. */
export const GROWTH_TOKENS = 256;

/** How the tokens of the caches are used: by open sequences, by what is kept, and how many there may be. */
export function tokensOf(
  state: ExecutorState,
): { readonly taken: number; readonly kept: number; readonly all: number } {
  const { options, orphans } = state;
  return { taken: taken(state), kept: orphans.tokens(options.clock.now()).all, all: cacheTokensOf(options) };
}

/** Tokens that open sequences hold or have reserved. */
function taken({ sequences }: ExecutorState): number {
  return sequences.all().reduce((sum, { reserved, ids }) => sum + Math.max(reserved, ids.length), 0);
}

/** What a sequence reserves when it is seated. */
export function firstReserve({ resume, room }: Enter, { context }: ExecutorState["options"]): number {
  return Math.min(room ?? context, context, (resume?.length ?? 1) + GROWTH_TOKENS);
}

/** Whether a sequence can be seated. `own` are tokens that are kept for it. */
export function fits(state: ExecutorState, enter: Enter, own = 0): boolean {
  const { options, orphans } = state;
  const { reserved } = orphans.tokens(options.clock.now());
  return firstReserve(enter, options) - own <= cacheTokensOf(options) - taken(state) - reserved;
}

/** Tokens that the caches may hold. */
export function cacheTokensOf({ cacheTokens, context, slots }: ExecutorState["options"]): number {
  return Math.max(context, cacheTokens ?? context * slots);
}

/** What became of a sequence that wanted to grow. */
export type Grown = { readonly type: "grown" } | { readonly type: "short"; readonly putOff: Sequence };

/** Reserves what a sequence needs to have `end` positions, or says who has to be put off first. */
export function grow(state: ExecutorState, sequence: Sequence, end: number): Grown {
  if (end <= sequence.reserved) return { type: "grown" };
  const { options, sequences } = state;
  const spare = cacheTokensOf(options) - taken(state);
  if (spare < end - sequence.reserved && sequences.taken > 1) {
    return { type: "short", putOff: youngest(sequences.all()) };
  }
  const wanted = Math.min(sequence.room, end + GROWTH_TOKENS);
  sequence.reserved = Math.max(end, Math.min(wanted, sequence.reserved + spare));
  return { type: "grown" };
}

/** Who has been seated last; who only readies caches counts as younger than all others. */
function youngest(all: readonly Sequence[]): Sequence {
  const age = ({ idle, order }: Sequence) => idle ? Infinity : order;
  return all.reduce((one, other) => age(other) > age(one) ? other : one);
}

/** Forgets kept caches until all that is left is within the budget: first those that nobody is waited for to take up. */
export function trim(state: ExecutorState): void {
  const { options, orphans } = state;
  const now = options.clock.now();
  while (orphans.tokens(now).all > 0 && taken(state) + orphans.tokens(now).all > cacheTokensOf(options)) {
    const slot = orphans.oldest(now) ?? orphans.oldest(now + RESERVED_MILLISECONDS);
    if (slot === undefined) return;
    orphans.drop(slot);
  }
}

/** Gives the memory of slots back that hold nothing any more. */
export function discard({ written, sequences, orphans, options: { segment, clock } }: ExecutorState): void {
  const now = clock.now();
  for (const slot of written) {
    if (sequences.inSlot(slot) !== undefined || orphans.has(slot, now)) continue;
    written.delete(slot);
    // Where it fails the worker is gone, and the memory with it.
    segment.discardCache(slot).catch(() => {});
  }
}
