/** A sound problem as tables of numbers: what every solver reads. */
import { blockBytes } from "./bytes.ts";
import {
  crossingBytes,
  entryMilliseconds,
  hopMilliseconds,
  moveMilliseconds,
  occupiedMilliseconds,
  returnBytes,
  returnMilliseconds,
  workMilliseconds,
} from "./cost.ts";
import { mayHold } from "./policy.ts";
import type { Link, Problem } from "./problem.ts";

/**
 * N blocks and M devices. All times are milliseconds of one whole request; `Infinity` where something cannot be.
 * The sum of a plan's times is `latency`'s and `lingualinked`'s objective; the largest stage or link, or the sum over
 * `lanes`, is `throughput`'s.
 */
export interface Weights {
  readonly blocks: number;
  readonly devices: number;
  readonly goal: "sum" | "bottleneck";
  /** Requests under way at once. */
  readonly lanes: number;
  /** [N] */
  readonly bytes: Float64Array;
  /** [M] */
  readonly usable: Float64Array;
  /** [M, N + 1]: sums of compute and moving cost of the blocks before. */
  readonly workBefore: Float64Array;
  /** [M, N]: the end (excluded) of the longest run that may start at a block; the block itself where none may. */
  readonly reach: Int32Array;
  /** [N]: which of the tables below holds for a crossing behind a block. */
  readonly traffic: Int32Array;
  /** A table [M, M] for each kind of traffic: from, to. The diagonal is Infinity. */
  readonly hops: readonly Float64Array[];
  /** The same, only the time for which the link is busy. */
  readonly busy: readonly Float64Array[];
  /** [M]: what entering at a device costs. */
  readonly entry: Float64Array;
  /** [M, M]: from the last device to the first, where they differ. The diagonal is Infinity. */
  readonly back: Float64Array;
  readonly backBusy: Float64Array;
}

/** A `Run` by numbers, as solvers index their tables. */
export interface IndexedRun {
  readonly device: number;
  readonly first: number;
  /** Excluded. */
  readonly end: number;
}

/** Time of a run on a device, `first` included, `end` excluded. */
export function runMilliseconds(weights: Weights, device: number, first: number, end: number): number {
  const row = device * (weights.blocks + 1);
  return at(weights.workBefore, row + end) - at(weights.workBefore, row + first);
}

/** Tables of a problem that `validate` has found sound. */
export function weightsOf(problem: Problem): Weights {
  const [N, M] = [problem.blocks.length, problem.devices.length];
  const published = problem.objective === "lingualinked";
  const place = new Map(problem.devices.map(({ device }, index) => [device, index]));
  const sizes = [...new Set(problem.blocks.map(({ activationBytes }) => activationBytes))];
  const table = () => new Float64Array(M * M).fill(Infinity);
  const [hops, busy, back, backBusy] = [sizes.map(table), sizes.map(table), table(), table()];
  const between = new Map<number, Link>();
  for (const link of problem.links) {
    const [from, to] = [place.get(link.from), place.get(link.to)];
    if (from === undefined || to === undefined || from === to) continue;
    const cell = from * M + to;
    between.set(cell, link);
    for (const [kind, activationBytes] of sizes.entries()) {
      const block = { kind: "layer", weightBytes: 0, kvBytesPerToken: 0, activationBytes } as const;
      const occupied = occupiedMilliseconds(link, crossingBytes(block, problem.shape));
      set(hops[kind], cell, published ? occupied : hopMilliseconds(link, block, problem.shape));
      set(busy[kind], cell, occupied);
    }
    back[cell] = published ? 0 : returnMilliseconds(link, problem.shape);
    backBusy[cell] = published ? 0 : problem.shape.outputTokens * occupiedMilliseconds(link, returnBytes);
  }
  // LinguaLinked's program knows no way back, so none can be missing.
  if (published) back.fill(0);
  const bytes = Float64Array.from(problem.blocks, (block) => blockBytes(block, problem.shape));
  const workBefore = new Float64Array(M * (N + 1));
  for (const [index, device] of problem.devices.entries()) {
    let sum = 0;
    for (let block = 0; block < N; block++) {
      sum += workMilliseconds(problem, device, block) + moveMilliseconds(problem, device.device, block);
      workBefore[index * (N + 1) + block + 1] = sum;
    }
  }
  const source = problem.source === undefined ? undefined : place.get(problem.source);
  const entry = Float64Array.from(problem.devices, (_, index) => {
    if (source === undefined || index === source) return 0;
    const [to, from] = [between.get(source * M + index), between.get(index * M + source)];
    // LinguaLinked's header owns the first module.
    if (published || to === undefined || from === undefined) return Infinity;
    return entryMilliseconds(to, from, problem.shape);
  });
  return {
    blocks: N,
    devices: M,
    goal: problem.objective === "throughput" ? "bottleneck" : "sum",
    lanes: problem.shape.concurrency,
    bytes,
    usable: Float64Array.from(problem.devices, ({ usableBytes }) => usableBytes),
    workBefore,
    reach: reachOf(problem, bytes),
    traffic: Int32Array.from(problem.blocks, ({ activationBytes }) => sizes.indexOf(activationBytes)),
    hops,
    busy,
    entry,
    back,
    backBusy,
  };
}

function reachOf(problem: Problem, bytes: Float64Array): Int32Array {
  const [N, M] = [problem.blocks.length, problem.devices.length];
  const reach = new Int32Array(M * N);
  for (let device = 0; device < M; device++) {
    const usable = problem.devices[device]?.usableBytes ?? 0;
    const may = Array.from({ length: N }, (_, block) => mayHold(problem, device, block));
    let [end, held] = [0, 0];
    for (let first = 0; first < N; first++) {
      if (end < first) [end, held] = [first, 0];
      while (end < N && may[end] === true && held + at(bytes, end) <= usable) held += at(bytes, end++);
      reach[device * N + first] = end;
      if (end > first) held -= at(bytes, first);
    }
  }
  return reach;
}

/** Reads a table inside its bounds. */
export function at(table: Float64Array | Int32Array, index: number): number {
  return table[index] as number;
}

function set(table: Float64Array | undefined, index: number, value: number): void {
  if (table !== undefined) table[index] = value;
}
