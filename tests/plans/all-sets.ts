/** The least sum over all chains, by a dynamic program over every set of devices: slow, plain, and without any bound. */
import { runMilliseconds, type Weights } from "../../plans/weights.ts";

/** The least cost of a chain for objectives that sum; Infinity where there is none. */
export function leastSum(weights: Weights): number {
  const { blocks: N, devices: M, reach, traffic, hops, entry, back } = weights;
  let least = Infinity;
  for (let first = 0; first < M; first++) {
    // cost[set][block * M + device]: about to start a run on the device, which is in the set.
    const cost = Array.from({ length: 1 << M }, () => new Float64Array(N * M).fill(Infinity));
    const start = entry[first] ?? Infinity;
    (cost[1 << first] as Float64Array)[first] = start;
    for (let set = 1; set < 1 << M; set++) {
      for (let block = 0; block < N; block++) {
        for (let device = 0; device < M; device++) {
          const spent = cost[set]?.[block * M + device] ?? Infinity;
          if (spent === Infinity) continue;
          for (let end = block + 1; end <= (reach[device * N + block] ?? 0); end++) {
            const passed = spent + runMilliseconds(weights, device, block, end);
            if (end === N) {
              least = Math.min(least, passed + (device === first ? 0 : back[device * M + first] ?? Infinity));
              continue;
            }
            const hop = hops[traffic[end - 1] ?? 0];
            for (let next = 0; next < M; next++) {
              if ((set & (1 << next)) !== 0) continue;
              const into = cost[set | (1 << next)] as Float64Array;
              const reached = passed + (hop?.[device * M + next] ?? Infinity);
              if (reached < (into[end * M + next] ?? Infinity)) into[end * M + next] = reached;
            }
          }
        }
      }
    }
  }
  return least;
}
