/** A sound problem as tables of numbers: what every solver reads. */
import { besideOf, fitsBeside } from "./beside.ts";
import { blockBytes } from "./bytes.ts";
import {
  busyMilliseconds,
  crossingBytes,
  entryMilliseconds,
  hopMilliseconds,
  moveMilliseconds,
  occupiedMilliseconds,
  returnBytes,
  returnMilliseconds,
  workMilliseconds,
} from "./cost.ts";
import { laneCounts, loadOf } from "./lanes.ts";
import { mayHold } from "./policy.ts";
import type { Device, Problem } from "./problem.ts";

/**
 * N blocks and M devices. All times are milliseconds of one whole request; `Infinity` where something cannot be.
 * The sum of a plan's times is `latency`'s and `lingualinked`'s objective; the largest stage or link, or the sum over
 * `requests`, is `throughput`'s in a given number of lanes.
 */
export interface Weights {
  readonly blocks: number;
  readonly devices: number;
  readonly goal: "sum" | "bottleneck";
  /** Requests under way at once. */
  readonly requests: number;
  /** [N] */
  readonly bytes: Float64Array;
  /** [M] */
  readonly usable: Float64Array;
  /** [M, N + 1]: sums of compute and moving cost of the blocks before. */
  readonly workBefore: Float64Array;
  /** The same, only the time for which a request keeps the device busy: a step that others share counts in part. */
  readonly stageBefore: Float64Array;
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

/** Time for which a run keeps its device busy, `first` included, `end` excluded. */
export function stageMilliseconds(weights: Weights, device: number, first: number, end: number): number {
  const row = device * (weights.blocks + 1);
  return at(weights.stageBefore, row + end) - at(weights.stageBefore, row + first);
}

/** Tables of a problem that `validate` has found sound, for one of its `laneCounts`. Default: the most. */
export function weightsOf(problem: Problem, lanes = laneCounts(problem)[0] ?? 1): Weights {
  const rows = loadOf(problem.shape) / lanes;
  const bytes = Float64Array.from(problem.blocks, (block) => blockBytes(block, problem.shape));
  return {
    blocks: problem.blocks.length,
    devices: problem.devices.length,
    goal: problem.objective === "throughput" ? "bottleneck" : "sum",
    requests: loadOf(problem.shape),
    bytes,
    usable: Float64Array.from(problem.devices, ({ usableBytes }) => usableBytes),
    workBefore: sumsBefore(problem, (device, block) => workMilliseconds(problem, device, block, rows)),
    stageBefore: sumsBefore(problem, (device, block) => busyMilliseconds(problem, device, block, rows)),
    reach: reachOf(problem, bytes),
    entry: entryOf(problem),
    ...travelOf(problem, rows),
  };
}

function sumsBefore(problem: Problem, time: (device: Device, block: number) => number): Float64Array {
  const N = problem.blocks.length;
  const before = new Float64Array(problem.devices.length * (N + 1));
  for (const [index, device] of problem.devices.entries()) {
    let sum = 0;
    for (let block = 0; block < N; block++) {
      sum += time(device, block) + moveMilliseconds(problem, device.device, block);
      before[index * (N + 1) + block + 1] = sum;
    }
  }
  return before;
}

function entryOf({ devices, source, links, objective, shape }: Problem): Float64Array {
  const away = new Map(links.filter(({ from }) => from === source).map((link) => [link.to, link]));
  const home = new Map(links.filter(({ to }) => to === source).map((link) => [link.from, link]));
  return Float64Array.from(devices, ({ device }) => {
    if (source === undefined || device === source) return 0;
    const [to, from] = [away.get(device), home.get(device)];
    // LinguaLinked's header owns the first module.
    if (objective === "lingualinked" || to === undefined || from === undefined) return Infinity;
    return entryMilliseconds(to, from, shape);
  });
}

/** What goes over links: hidden states of each kind, tokens on their way back. */
function travelOf(
  { blocks, devices, links, objective, shape }: Problem,
  rows: number,
): Pick<Weights, "traffic" | "hops" | "busy" | "back" | "backBusy"> {
  const M = devices.length;
  const published = objective === "lingualinked";
  const place = new Map(devices.map(({ device }, index) => [device, index]));
  const sizes = [...new Set(blocks.map(({ activationBytes }) => activationBytes))];
  const table = () => new Float64Array(M * M).fill(Infinity);
  const [hops, busy, back, backBusy] = [sizes.map(table), sizes.map(table), table(), table()];
  for (const link of links) {
    const [from, to] = [place.get(link.from), place.get(link.to)];
    if (from === undefined || to === undefined || from === to) continue;
    const cell = from * M + to;
    for (const [kind, activationBytes] of sizes.entries()) {
      const block = { kind: "layer", weightBytes: 0, kvBytesPerToken: 0, activationBytes } as const;
      const occupied = occupiedMilliseconds(link, crossingBytes(block, shape));
      set(hops[kind], cell, published ? occupied : hopMilliseconds(link, block, shape, rows));
      set(busy[kind], cell, occupied);
    }
    back[cell] = published ? 0 : returnMilliseconds(link, shape, rows);
    backBusy[cell] = published ? 0 : shape.outputTokens * occupiedMilliseconds(link, returnBytes);
  }
  // LinguaLinked's program knows no way back, so none can be missing.
  if (published) back.fill(0);
  const traffic = Int32Array.from(blocks, ({ activationBytes }) => sizes.indexOf(activationBytes));
  return { traffic, hops, busy, back, backBusy };
}

function reachOf(problem: Problem, bytes: Float64Array): Int32Array {
  const [N, M] = [problem.blocks.length, problem.devices.length];
  const reach = new Int32Array(M * N);
  for (const [device, { device: id, usableBytes: usable }] of problem.devices.entries()) {
    const beside = besideOf(problem, id);
    const may = Array.from({ length: N }, (_, block) => mayHold(problem, device, block));
    let [end, held, added] = [0, 0, 0];
    const fits = () => {
      return held + at(bytes, end) <= usable && fitsBeside(beside, added + beside.added(end), usable);
    };
    for (let first = 0; first < N; first++) {
      if (end < first) [end, held, added] = [first, 0, 0];
      while (end < N && may[end] === true && fits()) {
        added += beside.added(end);
        held += at(bytes, end++);
      }
      reach[device * N + first] = end;
      if (end > first) [held, added] = [held - at(bytes, first), added - beside.added(first)];
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
