/** Best-first search for the cheapest chain: what is left open when it stops is the proof. */
import { at, type IndexedRun, runMilliseconds } from "../weights.ts";
import { type Chain, longestRuns } from "./chain.ts";
import type { ClassWeights } from "./classes.ts";
import { Heap } from "./heap.ts";
import type { Entrance } from "./entrance.ts";
import type { Relaxation } from "./relaxation.ts";
import { UsedSets } from "./used-sets.ts";

/** First classes whose chains share a relaxation. */
export interface Group {
  readonly entrance: Entrance;
  readonly relaxation: Relaxation;
}

export interface SearchOptions {
  /** The best chain known. */
  readonly best: Chain | undefined;
  /** Only chains below this cost are of interest. */
  readonly limit: number;
  /** Stops at the first chain of this cost or less. Default: none. */
  readonly accept: number;
  readonly gap: number;
  readonly expired: () => boolean;
  /** The most nodes kept: a bound on memory. */
  readonly nodes: number;
}

export interface Searched {
  readonly best: Chain | undefined;
  /** No chain below `limit` costs less than this. */
  readonly bound: number;
}

/**
 * A node is a run about to begin: (block, class, classes used). Of nodes that agree in all three, the cheapest is kept;
 * nodes are expanded in the order of their lower bounds.
 */
export function search(weights: ClassWeights, groups: readonly Group[], options: SearchOptions): Searched {
  const { blocks: N, devices: C, counts, reach, traffic, hops, entry, back } = weights;
  const longest = longestRuns(weights);
  const sets = new UsedSets(C, counts, longest);
  const heap = new Heap();
  const seen = new Map<number, number>();
  const parent: number[] = [], device: number[] = [], block: number[] = [], set: number[] = [], group: number[] = [];
  const cost: number[] = [], priced: number[] = [], root: number[] = [];
  const used = new Int32Array(C);
  let memory = new Int32Array(1);
  let best = options.best;
  let most = Math.min(options.limit, best?.cost ?? Infinity);
  const cutoff = () => most * (1 - Math.max(options.gap, 1e-10));
  let limit = cutoff();
  function push(
    bound: number,
    values: readonly [number, number, number, number, number, number, number, number],
  ): void {
    const [parentOf, deviceOf, blockOf, setOf, groupOf, costOf, pricedOf, rootOf] = values;
    const key = (setOf * N + blockOf) * C + deviceOf;
    const known = seen.get(key);
    if (known !== undefined && known <= costOf) return;
    seen.set(key, costOf);
    heap.push(bound, device.length);
    parent.push(parentOf), device.push(deviceOf), block.push(blockOf), set.push(setOf), group.push(groupOf);
    cost.push(costOf), priced.push(pricedOf), root.push(rootOf);
  }
  for (const [index, { entrance, relaxation }] of groups.entries()) {
    const { width, bit } = relaxation.near;
    for (const first of entrance.firsts) {
      const way = at(entrance.entry, first);
      const bound = way + at(relaxation.start, first * width + at(bit, first)) - relaxation.total;
      if (bound < limit) push(bound, [-1, first, 0, sets.root(first), index, at(entry, first), way, first]);
    }
  }
  let expansions = 0;
  while (heap.size > 0) {
    const bound = heap.least;
    if (bound >= limit) break;
    if (device.length > options.nodes || ((++expansions & 15) === 0 && options.expired())) return { best, bound };
    const node = heap.pop();
    const [d, i] = [device[node] as number, block[node] as number];
    const [spent, before, from] = [cost[node] as number, priced[node] as number, set[node] as number];
    if ((seen.get((from * N + i) * C + d) ?? 0) < spent) continue;
    const relaxation = groups[group[node] as number]?.relaxation as Relaxation;
    const { start, leave, prices, total, near: { width: W, bit, site, sites } } = relaxation;
    if (memory.length < sites.length) memory = new Int32Array(sites.length);
    memory.fill(0);
    for (let each = node; each >= 0; each = parent[each] as number) {
      const c = device[each] as number;
      used[c] = at(used, c) + 1;
      memory[at(site, c)] = at(memory, at(site, c)) | at(bit, c);
    }
    const last = at(reach, d * N + i);
    const free = sets.free(from);
    for (let end = i + 1; end <= last; end++) {
      const run = runMilliseconds(weights, d, i, end);
      if (end === N) {
        const whole = spent + run + at(back, d * C + (root[node] as number));
        if (parent[node] !== -1 && whole < most) {
          most = whole;
          limit = cutoff();
          best = { cost: whole, runs: runsOf(node, N) };
          if (whole <= options.accept) return { best, bound };
        }
        continue;
      }
      if (free < N - end) continue;
      const passed = before + run + at(prices, d) - total;
      if (passed + at(leave, (end * C + d) * W + at(memory, at(site, d))) >= limit) continue;
      const hop = hops[at(traffic, end - 1)] as Float64Array;
      for (let next = 0; next < C; next++) {
        if (at(used, next) >= at(counts, next)) continue;
        const step = hop[d * C + next] as number;
        const lower = passed + step +
          (start[(end * C + next) * W + (at(memory, at(site, next)) | at(bit, next))] as number);
        if (!(lower < limit)) continue;
        const onward = at(reach, next * N + end) - end;
        if (free - at(longest, next) + onward < N - end) continue;
        push(lower, [
          node,
          next,
          end,
          sets.add(from, next),
          group[node] as number,
          spent + run + step,
          passed + step + total,
          root[node] as number,
        ]);
      }
    }
    for (let each = node; each >= 0; each = parent[each] as number) used[device[each] as number] = 0;
  }
  return { best, bound: options.gap > 0 && limit < most ? limit : most };

  function runsOf(node: number, end: number): IndexedRun[] {
    const runs: IndexedRun[] = [];
    for (let [each, until] = [node, end]; each >= 0; [each, until] = [parent[each] as number, block[each] as number]) {
      runs.unshift({ device: device[each] as number, first: block[each] as number, end: until });
    }
    return runs;
  }
}
