/** A beam through the search tree, guided by the relaxation: finds good chains fast and proves nothing. */
import { at, type IndexedRun, runMilliseconds } from "../weights.ts";
import type { Chain } from "./chain.ts";
import type { ClassWeights } from "./classes.ts";
import type { Entrance } from "./entrance.ts";
import type { Relaxation } from "./relaxation.ts";

interface Node {
  readonly parent: Node | undefined;
  readonly device: number;
  readonly block: number;
  readonly root: number;
  readonly cost: number;
  /** Cost and the prices of the devices used before this run. */
  readonly priced: number;
  readonly bound: number;
  /** Tells sets of devices apart, nearly always. */
  readonly set: number;
}

/** The best chain below `limit` that starts at one of `firsts` with at least two runs, keeping `width` nodes a block. */
export function beam(
  weights: ClassWeights,
  { start, leave, prices, total, near: { width: W, bit, site, sites } }: Relaxation,
  { firsts, entry: entrance }: Entrance,
  { width, limit, expired }: { readonly width: number; readonly limit: number; readonly expired: () => boolean },
): Chain | undefined {
  const { blocks: N, devices: C, counts, reach, traffic, hops, entry, back } = weights;
  const buckets = Array.from({ length: N }, () => [] as Node[]);
  const used = new Int32Array(C);
  const memory = new Int32Array(sites.length);
  let best: Chain | undefined;
  let most = limit;
  for (const first of firsts) {
    const cost = at(entry, first);
    const priced = at(entrance, first);
    const bound = priced + at(start, first * W + at(bit, first)) - total;
    if (!(bound < most)) continue;
    insert(buckets[0] ?? [], C, {
      parent: undefined,
      device: first,
      block: 0,
      root: first,
      cost,
      priced,
      bound,
      set: mark(first),
    });
  }
  for (const [block, bucket] of buckets.entries()) {
    if (expired()) break;
    for (const node of bucket) {
      const { device } = node;
      for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
        used[at.device] = (used[at.device] ?? 0) + 1;
        const home = site[at.device] ?? 0;
        memory[home] = (memory[home] ?? 0) | (bit[at.device] ?? 0);
      }
      const last = at(reach, device * N + block);
      const here = at(memory, at(site, device));
      for (let end = block + 1; end <= last; end++) {
        const run = runMilliseconds(weights, device, block, end);
        if (end === N) {
          const cost = node.cost + run + at(back, device * C + node.root);
          if (node.parent !== undefined && cost < most) [most, best] = [cost, { cost, runs: runsOf(node, N) }];
          continue;
        }
        const priced = node.priced + run + at(prices, device);
        if (priced + at(leave, (end * C + device) * W + here) - total >= most) continue;
        const into = buckets[end] ?? [];
        const worst = into.length < width ? most : Math.min(most, into[into.length - 1]?.bound ?? most);
        const hop = hops[at(traffic, end - 1)] as Float64Array;
        for (let next = 0; next < C; next++) {
          const step = at(hop, device * C + next);
          const bound = priced + step + at(start, (end * C + next) * W + (at(memory, at(site, next)) | at(bit, next))) -
            total;
          if (!(bound < worst) || at(used, next) >= at(counts, next)) continue;
          insert(into, width, {
            parent: node,
            device: next,
            block: end,
            root: node.root,
            cost: node.cost + run + step,
            priced: priced + step,
            bound,
            set: node.set + mark(next),
          });
        }
      }
      for (let at: Node | undefined = node; at !== undefined; at = at.parent) used[at.device] = 0;
      memory.fill(0);
    }
  }
  return best;
}

/** Keeps a bucket sorted by bound, one node for each device and set, `width` at most. */
function insert(bucket: Node[], width: number, node: Node): void {
  const same = bucket.findIndex(({ device, set, root }) =>
    device === node.device && set === node.set && root === node.root
  );
  if (same >= 0) {
    if ((bucket[same]?.bound ?? 0) <= node.bound) return;
    bucket.splice(same, 1);
  }
  let place = bucket.length;
  while (place > 0 && (bucket[place - 1]?.bound ?? 0) > node.bound) place--;
  if (place >= width) return;
  bucket.splice(place, 0, node);
  if (bucket.length > width) bucket.pop();
}

/** A number for a class whose sums tell sets apart: multiplicative hashing, Knuth's constant. */
function mark(device: number): number {
  return Math.imul(device + 1, 2654435761) >>> 0;
}

function runsOf(node: Node, end: number): IndexedRun[] {
  const runs: IndexedRun[] = [];
  for (
    let [at, until]: [Node | undefined, number] = [node, end];
    at !== undefined;
    [at, until] = [at.parent, at.block]
  ) {
    runs.unshift({ device: at.device, first: at.block, end: until });
  }
  return runs;
}
