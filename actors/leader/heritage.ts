/** What one plan leaves to the next: whose caches go where, so that answers under way go on without being run again. Pure. */
import type { ActivePlan, PlannedSegment } from "../plan.ts";

/** A run of blocks on a device. */
interface Run {
  readonly device: string;
  readonly first: number;
  readonly last: number;
}

/** A segment of the plan in force, and the devices of the next plan that take blocks over from it. */
export interface Bequest {
  readonly segment: PlannedSegment;
  readonly heirs: readonly string[];
}

/**
 * The segments of the plan in force that run a run's blocks now, in their order. None where the device runs just these blocks
 * already: it goes on with the caches that it has. None either where one of the blocks is nowhere: then nothing can go on.
 */
export function heritageOf(inForce: ActivePlan | undefined, run: Run): PlannedSegment[] {
  const segments = inForce?.segments ?? [];
  if (segments.some(({ device, first, last }) => device === run.device && first === run.first && last === run.last)) {
    return [];
  }
  const overlapping = segments.filter(({ first, last }) => first <= run.last && last >= run.first);
  const covered = overlapping.reduce((sum, { first, last }) => {
    return sum + Math.min(last, run.last) - Math.max(first, run.first) + 1;
  }, 0);
  return covered === run.last - run.first + 1 ? overlapping : [];
}

/** Who lends to whom when the next plan's runs take the place of the plan in force: the fewest caches that have to go. */
export function bequestsBetween(inForce: ActivePlan | undefined, next: readonly Run[]): Bequest[] {
  return (inForce?.segments ?? []).flatMap((segment) => {
    const heirs = next.filter((run) => heritageOf(inForce, run).includes(segment)).map(({ device }) => device);
    return heirs.length === 0 ? [] : [{ segment, heirs: [...new Set(heirs)] }];
  });
}
