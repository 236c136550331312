/** A chain: runs in order, each class used no more often than it has devices. What the search looks for. */
import { at, type IndexedRun, runMilliseconds, stageMilliseconds } from "../weights.ts";
import type { ClassWeights } from "./classes.ts";

/** A chain and its summed cost, entry and way back included. */
export interface Chain {
  readonly runs: readonly IndexedRun[];
  readonly cost: number;
}

/** A chain's summed cost; Infinity where a class is overused, a run too long, or a link missing. */
export function chainCost(weights: ClassWeights, runs: readonly IndexedRun[]): number {
  const { blocks: N, devices: C, counts, reach, traffic, hops, entry, back } = weights;
  const [first, last] = [runs[0], runs.at(-1)];
  if (first === undefined || last === undefined || last.end !== N) return Infinity;
  const used = new Int32Array(C);
  let cost = at(entry, first.device);
  for (const [index, { device, first: from, end }] of runs.entries()) {
    used[device] = at(used, device) + 1;
    if (at(used, device) > at(counts, device) || end > at(reach, device * N + from)) return Infinity;
    cost += runMilliseconds(weights, device, from, end);
    const next = runs[index + 1];
    if (next !== undefined) cost += at(hops[at(traffic, end - 1)] as Float64Array, device * C + next.device);
  }
  return runs.length > 1 ? cost + at(back, last.device * C + first.device) : cost;
}

/** The largest stage or link of a chain. */
export function chainBottleneck(weights: ClassWeights, runs: readonly IndexedRun[]): number {
  const { devices: C, traffic, busy, backBusy } = weights;
  const [first, last] = [runs[0], runs.at(-1)];
  let worst = 0;
  for (const [index, { device, first: from, end }] of runs.entries()) {
    worst = Math.max(worst, stageMilliseconds(weights, device, from, end));
    const next = runs[index + 1];
    if (next !== undefined) {
      worst = Math.max(worst, at(busy[at(traffic, end - 1)] as Float64Array, device * C + next.device));
    }
  }
  return first !== undefined && last !== undefined && runs.length > 1
    ? Math.max(worst, at(backBusy, last.device * C + first.device))
    : worst;
}

/** The same problem without stages and links that take longer than `most`. */
export function capped(weights: ClassWeights, most: number): ClassWeights {
  const { blocks: N, devices: C, stageBefore, hops, busy, back, backBusy } = weights;
  const limit = most * (1 + 1e-12);
  const reach = new Int32Array(C * N);
  for (let device = 0; device < C; device++) {
    let end = 0;
    for (let first = 0; first < N; first++) {
      const furthest = at(weights.reach, device * N + first);
      const before = at(stageBefore, device * (N + 1) + first);
      if (end < first) end = first;
      while (end < furthest && at(stageBefore, device * (N + 1) + end + 1) - before <= limit) end++;
      reach[device * N + first] = end;
    }
  }
  const cap = (times: Float64Array, occupied: Float64Array) =>
    times.map((time, cell) => at(occupied, cell) > limit ? Infinity : time);
  return {
    ...weights,
    reach,
    hops: hops.map((table, kind) => cap(table, busy[kind] as Float64Array)),
    back: cap(back, backBusy),
  };
}

/** [C]: the most blocks that one device of each class can take in a run. */
export function longestRuns({ blocks: N, devices: C, reach }: ClassWeights): Int32Array {
  return Int32Array.from({ length: C }, (_, device) => {
    let longest = 0;
    for (let first = 0; first < N; first++) longest = Math.max(longest, at(reach, device * N + first) - first);
    return longest;
  });
}
