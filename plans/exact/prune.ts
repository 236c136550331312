/** Pruning by a bound: starts that no chain below a limit can have need not be looked at again. */
import { at } from "../weights.ts";
import { type Alive, aliveWhere } from "./alive.ts";
import type { ClassWeights } from "./classes.ts";
import type { Entrance } from "./entrance.ts";
import type { Relaxation } from "./relaxation.ts";

/**
 * Keeps the starts whose cheapest priced chain, from an entrance through the start to the end, is below `limit`. Valid
 * for any prices: the sum is a lower bound of every real chain through that start.
 */
export function aliveBelow(weights: ClassWeights, relaxation: Relaxation, entrance: Entrance, limit: number): Alive {
  const { devices: C } = weights;
  const { near, start, total } = relaxation;
  const { width, bit } = near;
  const forward = forwardCosts(weights, relaxation.prices, entrance);
  return aliveWhere(weights, near, (i, c) => {
    return at(forward, i * C + c) + at(start, (i * C + c) * width + at(bit, c)) - total < limit;
  });
}

/** [N, C]: the least priced cost from an entrance to starting a run at a block on a class. */
function forwardCosts(weights: ClassWeights, prices: Float64Array, entrance: Entrance): Float64Array {
  const { blocks: N, devices: C, workBefore, reach, traffic, hops } = weights;
  const forward = new Float64Array(N * C).fill(Infinity);
  for (const first of entrance.firsts) forward[first] = at(entrance.entry, first);
  const leaving = new Float64Array((N + 1) * C).fill(Infinity);
  for (let i = 0; i < N; i++) {
    const hop = hops[at(traffic, Math.max(0, i - 1))] as Float64Array;
    for (let c = 0; i > 0 && c < C; c++) {
      const cost = at(leaving, i * C + c);
      if (cost === Infinity) continue;
      for (let e = 0, cell = c * C; e < C; e++, cell++) {
        const through = cost + (hop[cell] as number);
        if (through < (forward[i * C + e] as number)) forward[i * C + e] = through;
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
  return forward;
}
