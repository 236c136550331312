/** Caches that are kept come to the slot of a sequence that begins with them, and out of the way of others. */
import { errorText } from "../../runtime/error-text.ts";
import type { Open, Resume } from "../pipeline.ts";
import { kindOf } from "../cache-kind.ts";
import { type FindOptions, type Found, keptKind } from "./orphans.ts";
import type { ExecutorState } from "./state.ts";

/** Brings the caches that a sequence may begin with to its slot. Returns what there is, or nothing. */
export function takeUp(state: ExecutorState, message: Open, fresh: boolean): Resume | undefined {
  const { context } = state;
  const { sequence, slot, resume } = message;
  if (resume === undefined) {
    vacate(state, slot);
    return undefined;
  }
  const options = { ...kindOf(message), was: resume.was, fresh };
  const found = bring(state, slot, resume.ids, options, (reason) => {
    context.tell(context.self, { type: "not-taken-up", sequence, reason });
  });
  if (found === undefined) return undefined;
  return { ids: resume.ids, extent: Math.min(found.extent, resume.extent), was: found.number };
}

/**
 * Brings caches that hold a beginning of `ids` to a slot, whatever it holds. Returns what was found; nothing where there are
 * none. `failed` is called should the worker not be able to.
 */
export function bring(
  state: ExecutorState,
  slot: number,
  ids: Int32Array,
  options: FindOptions,
  failed: (reason: string) => void,
): Found | undefined {
  const { orphans, options: { segment, clock } } = state;
  const now = clock.now();
  const found = orphans.find(ids, now, options);
  if (found?.slot !== slot || !found.takes) vacate(state, slot);
  else orphans.drop(slot);
  if (found === undefined || found.slot === slot) return found;
  if (found.takes) orphans.drop(found.slot);
  else orphans.touch(found.slot, now);
  // The worker copies before it runs whatever comes after this.
  state.written.add(slot);
  segment.copyCache(found.slot, slot, found.extent).catch((error) => failed(errorText(error)));
  return found;
}

/** Has nothing kept in a slot any more: what any prompt may begin with moves to the highest that is free, if one is. */
function vacate(
  { orphans, sequences, written, options: { segment, clock, slots } }: ExecutorState,
  slot: number,
): void {
  const now = clock.now();
  const kept = orphans.over(slot, now);
  orphans.drop(slot);
  if (kept === undefined) return;
  for (let free = slots - 1; free >= 0; free--) {
    if (free === slot || sequences.inSlot(free) !== undefined || orphans.has(free, now)) continue;
    const { number, ids, held } = kept;
    const moved = { ...keptKind(kept), number, slot: free, ids: ids.slice(0, held), held };
    orphans.keep(moved, now, true);
    written.add(free);
    segment.copyCache(slot, free, held).catch(() => {
      if (orphans.keeps(moved)) orphans.drop(free);
    });
    return;
  }
}
