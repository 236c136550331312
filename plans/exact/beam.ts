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

export interface BeamOptions {
  /** Nodes kept a block. */
  readonly width: number;
  /** Only chains below this cost are of interest. */
  readonly limit: number;
  readonly expired: () => boolean;
}

/** The best chain below `limit` that starts at one of `firsts` with at least two runs. */
export function beam(
  weights: ClassWeights,
  relaxation: Relaxation,
  entrance: Entrance,
  options: BeamOptions,
): Chain | undefined {
  const going = new Beam(weights, relaxation, options);
  going.begin(entrance);
  for (let block = 0; block < weights.blocks && !options.expired(); block++) going.advance(block);
  return going.best;
}

class Beam {
  best: Chain | undefined;
  readonly #weights: ClassWeights;
  readonly #relaxation: Relaxation;
  readonly #width: number;
  /** [N]: nodes whose run begins with a block. */
  readonly #buckets: Node[][];
  /** Of the node that is being expanded: how often each class is used, and what each site remembers. */
  readonly #used: Int32Array;
  readonly #memory: Int32Array;
  #most: number;

  constructor(weights: ClassWeights, relaxation: Relaxation, { width, limit }: BeamOptions) {
    [this.#weights, this.#relaxation, this.#width, this.#most] = [weights, relaxation, width, limit];
    this.#buckets = Array.from({ length: weights.blocks }, () => []);
    this.#used = new Int32Array(weights.devices);
    this.#memory = new Int32Array(relaxation.near.sites.length);
  }

  begin({ firsts, entry }: Entrance): void {
    const { start, total, near: { width: W, bit } } = this.#relaxation;
    for (const first of firsts) {
      const [cost, priced] = [at(this.#weights.entry, first), at(entry, first)];
      const bound = priced + at(start, first * W + at(bit, first)) - total;
      if (!(bound < this.#most)) continue;
      const node = { parent: undefined, device: first, block: 0, root: first, cost, priced, bound, set: mark(first) };
      // Every start has its chance.
      insert(this.#buckets[0] ?? [], this.#weights.devices, node);
    }
  }

  /** Expands the nodes whose run begins with a block. */
  advance(block: number): void {
    const { blocks: N, devices: C, reach, back } = this.#weights;
    const { leave, prices, total, near: { width: W, site } } = this.#relaxation;
    for (const node of this.#buckets[block] ?? []) {
      const { device } = node;
      this.#recall(node);
      const here = at(this.#memory, at(site, device));
      for (let end = block + 1, last = at(reach, device * N + block); end <= last; end++) {
        const run = runMilliseconds(this.#weights, device, block, end);
        if (end === N) {
          const cost = node.cost + run + at(back, device * C + node.root);
          if (node.parent === undefined || cost >= this.#most) continue;
          [this.#most, this.best] = [cost, { cost, runs: runsOf(node, N) }];
        } else {
          const priced = node.priced + run + at(prices, device);
          if (priced + at(leave, (end * C + device) * W + here) - total < this.#most) {
            this.#branch(node, end, run, priced);
          }
        }
      }
      for (let each: Node | undefined = node; each !== undefined; each = each.parent) this.#used[each.device] = 0;
    }
  }

  /** Every run that may follow a node's run until `end`. */
  #branch(parent: Node, end: number, run: number, priced: number): void {
    const { devices: C, counts, traffic, hops } = this.#weights;
    const { start, total, near: { width: W, bit, site } } = this.#relaxation;
    const [used, memory, root] = [this.#used, this.#memory, parent.root];
    const into = this.#buckets[end] ?? [];
    const full = into.length >= this.#width;
    const worst = full ? Math.min(this.#most, into[into.length - 1]?.bound ?? this.#most) : this.#most;
    const hop = hops[at(traffic, end - 1)] as Float64Array;
    for (let device = 0; device < C; device++) {
      const step = at(hop, parent.device * C + device);
      const onward = at(start, (end * C + device) * W + (at(memory, at(site, device)) | at(bit, device)));
      const bound = priced + step + onward - total;
      if (!(bound < worst) || at(used, device) >= at(counts, device)) continue;
      const [cost, set] = [parent.cost + run + step, parent.set + mark(device)];
      insert(into, this.#width, { parent, device, block: end, root, cost, priced: priced + step, bound, set });
    }
  }

  #recall(node: Node): void {
    const { bit, site } = this.#relaxation.near;
    const [used, memory] = [this.#used, this.#memory];
    memory.fill(0);
    for (let each: Node | undefined = node; each !== undefined; each = each.parent) {
      const c = each.device;
      used[c] = at(used, c) + 1;
      memory[at(site, c)] = at(memory, at(site, c)) | at(bit, c);
    }
  }
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
