/** Starts of runs that some chain below the limit may have; the others need not be looked at again. */
import { at } from "../weights.ts";
import type { ClassWeights } from "./classes.ts";
import type { Neighbourhoods } from "./neighbourhoods.ts";
import type { Entrance } from "./entrance.ts";
import type { Relaxation } from "./relaxation.ts";

/** For each block, which classes may start or may have ended a run there. */
export interface Alive {
  /** [N]: classes that may start a run. */
  readonly starts: readonly Int32Array[];
  /** [N]: the same by site. */
  readonly startsBySite: readonly (readonly Int32Array[])[];
  /** [N]: classes that may have ended a run before the block. */
  readonly ends: readonly Int32Array[];
}

/** Everything that memory and policy allow. */
export function everythingAlive(weights: ClassWeights, near: Neighbourhoods): Alive {
  return aliveWhere(weights, near, () => true);
}

/**
 * Keeps the starts whose cheapest priced chain, from an entrance through the start to the end, is below `limit`. Valid
 * for any prices: the sum is a lower bound of every real chain through that start.
 */
export function aliveBelow(weights: ClassWeights, relaxation: Relaxation, entrance: Entrance, limit: number): Alive {
  const { blocks: N, devices: C, workBefore, reach, traffic, hops } = weights;
  const { near, start, prices, total } = relaxation;
  const forward = new Float64Array(N * C).fill(Infinity);
  const ended = new Float64Array(C);
  for (const first of entrance.firsts) forward[first] = at(entrance.entry, first);
  const leaving = new Float64Array((N + 1) * C).fill(Infinity);
  for (let i = 0; i < N; i++) {
    if (i > 0) {
      ended.set(leaving.subarray(i * C, (i + 1) * C));
      const hop = hops[at(traffic, i - 1)] as Float64Array;
      for (let c = 0; c < C; c++) {
        const cost = ended[c] as number;
        if (cost === Infinity) continue;
        for (let e = 0, cell = c * C; e < C; e++, cell++) {
          const through = cost + (hop[cell] as number);
          if (through < (forward[i * C + e] as number)) forward[i * C + e] = through;
        }
      }
    }
    for (let c = 0; c < C; c++) {
      const spent = at(forward, i * C + c) + at(prices, c) - at(workBefore, c * (N + 1) + i);
      if (!(spent < Infinity)) continue;
      const last = at(reach, c * N + i);
      for (let j = i + 1; j <= last; j++) {
        const cost = spent + (workBefore[c * (N + 1) + j] as number);
        if (cost < (leaving[j * C + c] as number)) leaving[j * C + c] = cost;
      }
    }
  }
  const { width, bit } = near;
  return aliveWhere(weights, near, (i, c) => {
    return at(forward, i * C + c) + at(start, (i * C + c) * width + at(bit, c)) - total < limit;
  });
}

function aliveWhere(
  { blocks: N, devices: C, reach }: ClassWeights,
  { site, sites }: Neighbourhoods,
  keeps: (block: number, device: number) => boolean,
): Alive {
  const starts: Int32Array[] = [];
  const startsBySite: (readonly Int32Array[])[] = [];
  const ending = new Int32Array(C);
  const ends: Int32Array[] = [];
  for (let i = 0; i < N; i++) {
    ends.push(Int32Array.from({ length: C }, (_, c) => c).filter((c) => at(ending, c) >= i));
    const alive = Int32Array.from({ length: C }, (_, c) => c).filter((c) => at(reach, c * N + i) > i && keeps(i, c));
    for (const c of alive) ending[c] = Math.max(at(ending, c), at(reach, c * N + i));
    starts.push(alive);
    startsBySite.push(sites.map((_, home) => alive.filter((c) => site[c] === home)));
  }
  return { starts, startsBySite, ends };
}
