/** The nodes of a search, kept as columns: hundreds of thousands of them. */
import type { IndexedRun } from "../weights.ts";

/** A run about to begin. */
export interface Branch {
  /** The node before it; -1 for none. */
  readonly parent: number;
  readonly device: number;
  readonly block: number;
  /** The classes used, this run's included: see `UsedSets`. */
  readonly set: number;
  /** Whose relaxation bounds it. */
  readonly group: number;
  /** What the runs before and the hop to this one cost, without and with the prices. */
  readonly cost: number;
  readonly priced: number;
  /** The chain's first class. */
  readonly root: number;
}

export class Tree {
  readonly parent: number[] = [];
  readonly device: number[] = [];
  readonly block: number[] = [];
  readonly set: number[] = [];
  readonly group: number[] = [];
  readonly cost: number[] = [];
  readonly priced: number[] = [];
  readonly root: number[] = [];
  readonly #blocks: number;
  readonly #classes: number;
  /** The least cost of each (set, block, class). */
  readonly #seen = new Map<number, number>();

  constructor(blocks: number, classes: number) {
    this.#blocks = blocks;
    this.#classes = classes;
  }

  get size(): number {
    return this.device.length;
  }

  /** Takes a node and gives it a number; -1 where one as good is there. */
  add(branch: Branch): number {
    const key = this.#key(branch.set, branch.block, branch.device);
    const known = this.#seen.get(key);
    if (known !== undefined && known <= branch.cost) return -1;
    this.#seen.set(key, branch.cost);
    this.parent.push(branch.parent);
    this.device.push(branch.device);
    this.block.push(branch.block);
    this.set.push(branch.set);
    this.group.push(branch.group);
    this.cost.push(branch.cost);
    this.priced.push(branch.priced);
    this.root.push(branch.root);
    return this.device.length - 1;
  }

  /** Whether a cheaper node has come since that one. */
  outdated(node: number): boolean {
    const key = this.#key(this.set[node] as number, this.block[node] as number, this.device[node] as number);
    return (this.#seen.get(key) ?? 0) < (this.cost[node] as number);
  }

  /** The runs that lead to a node, and its own until `end`. */
  runs(node: number, end: number): IndexedRun[] {
    const runs: IndexedRun[] = [];
    for (let [each, until] = [node, end]; each >= 0;) {
      const first = this.block[each] as number;
      runs.unshift({ device: this.device[each] as number, first, end: until });
      [each, until] = [this.parent[each] as number, first];
    }
    return runs;
  }

  #key(set: number, block: number, device: number): number {
    return (set * this.#blocks + block) * this.#classes + device;
  }
}
