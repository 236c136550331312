/**
 * Mirrors: a segment that is loaded on a second device as well, which takes copies of its caches and runs nothing, so that
 * the second device goes on at once where the first is lost. Here it is chosen where the next one is to be.
 */
import { segmentBytes } from "./bytes.ts";
import { linkFinder } from "./feasible.ts";
import { mayHold } from "./policy.ts";
import type { Problem, Run } from "./problem.ts";

/** A segment with the device that mirrors it, if one does. */
export interface MirroredRun extends Run {
  readonly mirror?: string | undefined;
}

/** Where a segment is to be mirrored. */
export interface Mirror extends Run {
  /** The device that runs the segment. */
  readonly owner: string;
  /** Bytes of weights and caches that the mirror takes. */
  readonly bytes: number;
}

export interface MirrorOptions {
  /** Tokens a second that the plan is expected to give, all requests together; what copies take of a link follows. */
  readonly tokensPerSecond: number;
  /** Whether a device has a block on its disk. Default: nobody is known to. */
  readonly holds?: (device: string, block: number) => boolean;
  /** Devices that are not to be asked now. Default: none. */
  readonly barred?: (device: string) => boolean;
}

/** What copies may take of a link: the hidden states and the blocks that travel there have the rest. */
export const LINK_SHARE = 0.25;

/**
 * The next mirror that a plan is to get: of the first segment without one for which there is a device that may hold its
 * blocks, has the memory beside all that it holds already, reaches the devices of the others, and is reached by the owner on
 * a link for which the copies are little. Of several, the one that has most of the blocks on disk, then a neighbour in the
 * pipeline, which takes over without a further hop, then the one with most memory left.
 */
export function nextMirror(problem: Problem, runs: readonly MirroredRun[], options: MirrorOptions): Mirror | undefined {
  for (const [place, run] of runs.entries()) {
    if (run.mirror !== undefined) continue;
    const bytes = segmentBytes(problem, run.first, run.last);
    const [best] = problem.devices
      .map(({ device }, index) => ({ device, index, left: memoryLeft(problem, runs, device) - bytes }))
      .filter(({ device, index, left }) => left >= 0 && isPossible(problem, runs, place, { device, index }, options))
      .map((candidate) => ({ ...candidate, rank: rankOf(runs, place, candidate.device, options) }))
      .sort((a, b) => b.rank - a.rank || b.left - a.left);
    if (best !== undefined) return { device: best.device, owner: run.device, first: run.first, last: run.last, bytes };
  }
  return undefined;
}

function memoryLeft(problem: Problem, runs: readonly MirroredRun[], device: string): number {
  const usable = problem.devices.find((each) => each.device === device)?.usableBytes ?? 0;
  const held = runs.filter((run) => run.device === device || run.mirror === device);
  return held.reduce((left, { first, last }) => left - segmentBytes(problem, first, last), usable);
}

function isPossible(
  problem: Problem,
  runs: readonly MirroredRun[],
  place: number,
  { device, index }: { readonly device: string; readonly index: number },
  { tokensPerSecond, barred = () => false }: MirrorOptions,
): boolean {
  const run = runs[place];
  if (run === undefined || run.device === device || barred(device)) return false;
  for (let block = run.first; block <= run.last; block++) if (!mayHold(problem, index, block)) return false;
  const linkOf = linkFinder(problem);
  const others = runs.filter((other) => other.device !== run.device && other.device !== device);
  const reaches = others.every((other) => {
    return linkOf(device, other.device) !== undefined && linkOf(other.device, device) !== undefined;
  });
  const copies = linkOf(run.device, device);
  return reaches && copies !== undefined && linkOf(device, run.device) !== undefined &&
    copyBytes(problem, run) * tokensPerSecond <= LINK_SHARE * copies.bytesPerSecond;
}

/** Bytes that a token adds to the caches of a run. */
function copyBytes({ blocks }: Problem, { first, last }: Run): number {
  return blocks.slice(first, last + 1).reduce((sum, { kvBytesPerToken }) => sum + kvBytesPerToken, 0);
}

/** The share of the blocks that is on disk, and for equals a little more for a neighbour. */
function rankOf(
  runs: readonly MirroredRun[],
  place: number,
  device: string,
  { holds = () => false }: MirrorOptions,
): number {
  const { first, last } = runs[place] as MirroredRun;
  let held = 0;
  for (let block = first; block <= last; block++) if (holds(device, block)) held++;
  const isNeighbour = [runs[place - 1], runs[place + 1]].some((run) => run?.device === device);
  return held / (last - first + 1) + (isNeighbour ? 1e-6 : 0);
}
