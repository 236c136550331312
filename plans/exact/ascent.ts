/** Raising the relaxation's bound: prices for the devices that its chains use too often. */
import { at, type IndexedRun } from "../weights.ts";
import type { ClassWeights } from "./classes.ts";
import type { Entrance } from "./entrance.ts";
import { bestFirst, relax, type Relaxation, relaxedChain } from "./relaxation.ts";

/** What ascending may use. */
export interface AscentOptions {
  readonly iterations: number;
  /** The cost of the best known chain: called anew each time. */
  readonly target: () => number;
  /** Whether a bound is all that is wanted. */
  readonly enough: (bound: number) => boolean;
  /** Shows each relaxed chain: it may be a real one. */
  readonly seen: (chain: readonly IndexedRun[]) => void;
  readonly expired: () => boolean;
}

/**
 * Raises the bound by pricing overused devices (subgradient ascent, Polyak's step). Leaves the best prices and their
 * tables in the relaxation and returns the bound; Infinity proves that no chain starts at `firsts`.
 */
export function ascend(
  weights: ClassWeights,
  relaxation: Relaxation,
  { firsts, entry, back }: Entrance,
  { iterations, target, enough, seen, expired }: AscentOptions,
): number {
  const { devices: C, counts } = weights;
  const { prices } = relaxation;
  const best = Float64Array.from(prices);
  const used = new Float64Array(C);
  const mean = new Float64Array(C);
  let [bound, pace, stale] = [-Infinity, 0.2, 0];
  for (let iteration = 0; iteration < iterations; iteration++) {
    relax(weights, relaxation, back);
    const found = bestFirst(entry, relaxation, firsts);
    if (found.bound === Infinity) return Infinity;
    const chain = relaxedChain(weights, relaxation, found.first);
    seen(chain);
    used.fill(0);
    for (const { device } of chain) used[device] = at(used, device) + 1;
    if (found.bound > bound || iteration === 0) {
      pace = Math.min(2, pace * 1.3);
      [bound, stale] = [found.bound, 0];
      best.set(prices);
    } else if (++stale >= 3) [pace, stale] = [pace * 0.7, 0];
    const goal = target();
    if (enough(bound) || pace < 1e-3 || expired()) break;
    const share = iteration === 0 ? 1 : 0.5;
    let norm = 0;
    for (let c = 0; c < C; c++) {
      mean[c] = share * at(used, c) + (1 - share) * at(mean, c);
      const over = at(mean, c) - at(counts, c);
      if (over > 0 || at(best, c) > 0) norm += over * over;
    }
    if (norm < 1e-9) break;
    const gap = goal === Infinity ? 0.2 * Math.abs(bound) + 1e-9 : goal - bound;
    const step = pace * gap / norm;
    for (let c = 0; c < C; c++) {
      const over = at(mean, c) - at(counts, c);
      prices[c] = over > 0 || at(best, c) > 0 ? Math.max(0, at(best, c) + step * over) : at(best, c);
    }
  }
  prices.set(best);
  relax(weights, relaxation, back);
  return bound;
}

/**
 * [C]: how much chains of the relaxation fight for each class: its price, more where the best chain uses it twice, most
 * where it is remembered already.
 */
export function contestOf(weights: ClassWeights, relaxation: Relaxation, { firsts, entry }: Entrance): Float64Array {
  const contest = relaxation.prices.map((price, device) => at(weights.counts, device) === 1 ? price : 0);
  const chain = relaxedChain(weights, relaxation, bestFirst(entry, relaxation, firsts).first);
  const highest = contest.reduce((a, b) => Math.max(a, b), 1);
  for (const [index, { device }] of chain.entries()) {
    const again = chain.findIndex((run) => run.device === device) < index;
    if (again && at(weights.counts, device) === 1) contest[device] = at(contest, device) + highest;
  }
  for (const [device, bit] of relaxation.near.bit.entries()) {
    if (bit !== 0) contest[device] = at(contest, device) + 1e3 * highest;
  }
  return contest;
}
