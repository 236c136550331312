/** What a plan is made from and what it is. Plain data; nothing here knows of networks or clocks. */

/** What placing one block costs. */
export interface BlockCost {
  readonly kind: "embed" | "layer" | "head";
  /** Bytes of weights in memory. */
  readonly weightBytes: number;
  /** Bytes of KV cache one token takes in this block; 0 where there is none. */
  readonly kvBytesPerToken: number;
}

/** A device that may take blocks. */
export interface DeviceCapacity {
  readonly device: string;
  /** What people call it, for explanations. */
  readonly name: string;
  /** Bytes that a segment may use, weights and caches together. */
  readonly usableBytes: number;
}

/** What the mesh is asked to serve. */
export interface RequestShape {
  /** Positions a sequence may have. */
  readonly context: number;
  /** Sequences that may be open at once. */
  readonly concurrency: number;
}

/** Who could run what. Devices stand in the order in which they would be used. */
export interface Problem {
  readonly blocks: readonly BlockCost[];
  readonly devices: readonly DeviceCapacity[];
  readonly shape: RequestShape;
}

/** A contiguous run of blocks on a device, both ends included. */
export interface Segment {
  readonly device: string;
  readonly first: number;
  readonly last: number;
  /** Bytes that it takes of the device's usable memory. */
  readonly bytes: number;
}

/** What a planner answers. */
export type Placement =
  | { readonly type: "placed"; readonly segments: readonly Segment[] }
  | { readonly type: "infeasible"; readonly reason: string };

/** Decides who runs what. */
export type Planner = (problem: Problem) => Placement;

/** Bytes a block takes under a request shape: its weights, and its KV cache for every sequence at full context. */
export function blockBytes(block: BlockCost, shape: RequestShape): number {
  return block.weightBytes + block.kvBytesPerToken * shape.context * shape.concurrency;
}

/** Bytes of the blocks `first` to `last`. */
export function segmentBytes(problem: Problem, first: number, last: number): number {
  return problem.blocks.slice(first, last + 1).reduce((sum, block) => sum + blockBytes(block, problem.shape), 0);
}

/** Sizes as people write them: "1.5 GiB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
