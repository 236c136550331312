/** Best-first search for the cheapest chain: what is left open when it stops is the proof. */
import { at, runMilliseconds } from "../weights.ts";
import { type Chain, longestRuns } from "./chain.ts";
import type { ClassWeights } from "./classes.ts";
import { Heap } from "./heap.ts";
import type { Entrance } from "./entrance.ts";
import type { Relaxation } from "./relaxation.ts";
import { type Branch, Tree } from "./tree.ts";
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
  const going = new Search(weights, groups, options);
  for (let expansions = 1; going.least < going.limit; expansions++) {
    const bound = going.least;
    const late = (expansions & 15) === 0 && options.expired();
    if (late || going.size > options.nodes) return { best: going.best, bound };
    going.expand();
    if ((going.best?.cost ?? Infinity) <= options.accept) return { best: going.best, bound };
  }
  return { best: going.best, bound: options.gap > 0 && going.limit < going.most ? going.limit : going.most };
}

class Search {
  /** The cheapest chain, and what one must cost less than to be of interest. */
  best: Chain | undefined;
  most: number;
  readonly #weights: ClassWeights;
  readonly #groups: readonly Group[];
  readonly #gap: number;
  readonly #tree: Tree;
  readonly #heap = new Heap();
  readonly #longest: Int32Array;
  readonly #sets: UsedSets;
  /** Of the node that is being expanded: how often each class is used, and what each site remembers. */
  readonly #used: Int32Array;
  #memory = new Int32Array(1);

  constructor(weights: ClassWeights, groups: readonly Group[], { best, limit, gap }: SearchOptions) {
    const { blocks: N, devices: C, counts, entry } = weights;
    [this.#weights, this.#groups, this.#gap] = [weights, groups, gap];
    [this.best, this.most] = [best, Math.min(limit, best?.cost ?? Infinity)];
    this.#tree = new Tree(N, C);
    this.#longest = longestRuns(weights);
    this.#sets = new UsedSets(C, counts, this.#longest);
    this.#used = new Int32Array(C);
    for (const [group, { entrance, relaxation }] of groups.entries()) {
      const { width, bit } = relaxation.near;
      for (const root of entrance.firsts) {
        const priced = at(entrance.entry, root);
        const bound = priced + at(relaxation.start, root * width + at(bit, root)) - relaxation.total;
        const set = this.#sets.root(root);
        this.#push(bound, { parent: -1, device: root, block: 0, set, group, cost: at(entry, root), priced, root });
      }
    }
  }

  get size(): number {
    return this.#tree.size;
  }

  /** The lower bound of all chains that are not looked at. */
  get least(): number {
    return this.#heap.least;
  }

  /** Lower bounds from here on are of no interest. */
  get limit(): number {
    return this.most * (1 - Math.max(this.#gap, 1e-10));
  }

  /** Takes the node with the least bound, and grows what may follow it. */
  expand(): void {
    const node = this.#heap.pop();
    if (this.#tree.outdated(node)) return;
    const { blocks: N, devices: C, reach, back } = this.#weights;
    const { leave, prices, total, near: { width: W, site } } = this.#recall(node);
    const tree = this.#tree;
    const [d, i] = [tree.device[node] as number, tree.block[node] as number];
    const free = this.#sets.free(tree.set[node] as number);
    for (let end = i + 1, last = at(reach, d * N + i); end <= last; end++) {
      const run = runMilliseconds(this.#weights, d, i, end);
      if (end === N) {
        const cost = (tree.cost[node] as number) + run + at(back, d * C + (tree.root[node] as number));
        // A chain of one run goes nowhere: those are known from the start.
        if (tree.parent[node] !== -1 && cost < this.most) {
          [this.most, this.best] = [cost, { cost, runs: tree.runs(node, N) }];
        }
      } else if (free >= N - end) {
        const passed = (tree.priced[node] as number) + run + at(prices, d) - total;
        if (passed + at(leave, (end * C + d) * W + at(this.#memory, at(site, d))) >= this.limit) continue;
        this.#branch(node, end, run, passed, free);
      }
    }
    this.#forget(node);
  }

  /** Every run that may follow a node's run until `end`. */
  #branch(node: number, end: number, run: number, passed: number, free: number): void {
    const { blocks: N, devices: C, counts, reach, traffic, hops } = this.#weights;
    const tree = this.#tree;
    const group = tree.group[node] as number;
    const { start, total, near: { width: W, bit, site } } = this.#groups[group]?.relaxation as Relaxation;
    const [used, memory, limit] = [this.#used, this.#memory, this.limit];
    const [from, root, parent] = [tree.set[node] as number, tree.root[node] as number, node];
    const spent = (tree.cost[node] as number) + run;
    const row = (tree.device[node] as number) * C;
    const hop = hops[at(traffic, end - 1)] as Float64Array;
    for (let device = 0; device < C; device++) {
      if (at(used, device) >= at(counts, device)) continue;
      const step = hop[row + device] as number;
      const priced = passed + step;
      const bound = priced +
        (start[(end * C + device) * W + (at(memory, at(site, device)) | at(bit, device))] as number);
      if (!(bound < limit)) continue;
      const onward = at(reach, device * N + end) - end;
      if (free - at(this.#longest, device) + onward < N - end) continue;
      const set = this.#sets.add(from, device);
      this.#push(bound, { parent, device, block: end, set, group, cost: spent + step, priced: priced + total, root });
    }
  }

  #push(bound: number, branch: Branch): void {
    if (!(bound < this.limit)) return;
    const node = this.#tree.add(branch);
    if (node >= 0) this.#heap.push(bound, node);
  }

  /** Looks back from a node: which classes are used, what the sites remember. Returns the relaxation that bounds it. */
  #recall(node: number): Relaxation {
    const tree = this.#tree;
    const relaxation = this.#groups[tree.group[node] as number]?.relaxation as Relaxation;
    const { bit, site, sites } = relaxation.near;
    if (this.#memory.length < sites.length) this.#memory = new Int32Array(sites.length);
    const [used, memory] = [this.#used, this.#memory];
    memory.fill(0);
    for (let each = node; each >= 0; each = tree.parent[each] as number) {
      const c = tree.device[each] as number;
      used[c] = at(used, c) + 1;
      memory[at(site, c)] = at(memory, at(site, c)) | at(bit, c);
    }
    return relaxation;
  }

  #forget(node: number): void {
    for (let each = node; each >= 0; each = this.#tree.parent[each] as number) {
      this.#used[this.#tree.device[each] as number] = 0;
    }
  }
}
