/**
 * Whether a device that was found slow and holds no blocks any more has recovered. Pure. Nothing it does would tell, so it
 * tries, rarely: each trial takes half a second of its processor.
 */
import type { ComputeRates } from "../../models/compute/mod.ts";

/** After its last work, and between trials at first; each that finds it slow doubles the time. */
const WAIT_MILLISECONDS = 60_000;
const MAX_WAIT_MILLISECONDS = 600_000;
/** A device this many times as slow as planned counts as slow; one that is less so at a trial has recovered. */
const SLOW = 1.2;

export interface Recovery {
  /** How many times as slow as planned at first the device was found, all proposals together. */
  readonly slowness: number;
  readonly dueAt: number;
  readonly waitMilliseconds: number;
}

/** Nothing slow has been found. */
export const wellOff: Recovery = { slowness: 1, dueAt: 0, waitMilliseconds: WAIT_MILLISECONDS };

/** The device was found so many times as slow as planned. */
export function foundSlow(recovery: Recovery, ratio: number): Recovery {
  return { ...recovery, slowness: recovery.slowness * ratio };
}

/** Whether to try now, and what is remembered of that. `working`: whether a plan in force has blocks here. */
export function shouldTry(
  recovery: Recovery,
  working: boolean,
  now: number,
): { readonly recovery: Recovery; readonly due: boolean } {
  const { slowness, dueAt, waitMilliseconds } = recovery;
  if (working || slowness < SLOW) {
    const rested = { ...recovery, dueAt: now + WAIT_MILLISECONDS, waitMilliseconds: WAIT_MILLISECONDS };
    return { recovery: rested, due: false };
  }
  if (now < dueAt) return { recovery, due: false };
  const wait = Math.min(2 * waitMilliseconds, MAX_WAIT_MILLISECONDS);
  return { recovery: { slowness, dueAt: now + wait, waitMilliseconds: wait }, due: true };
}

/** What a trial says: `factor` is what the times of its work are to be multiplied by, where it has recovered. */
export function afterTrial(
  recovery: Recovery,
  { now, first }: { readonly now: ComputeRates; readonly first: ComputeRates },
): { readonly recovery: Recovery; readonly factor: number | undefined } {
  const slow = now.decodeNanosecondsPerByte > SLOW * first.decodeNanosecondsPerByte;
  return slow ? { recovery, factor: undefined } : { recovery: wellOff, factor: 1 / recovery.slowness };
}
