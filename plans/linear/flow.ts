/**
 * The assignment program as a flow: one unit enters at the first block, goes through runs and hops, and leaves behind the
 * head. LinguaLinked's product of assignments becomes a variable a hop, so that round trips count; a run is a variable of its
 * own, so that memory needs no rows and the relaxation is tight.
 */
import { at, type IndexedRun, runMilliseconds, stageMilliseconds, type Weights } from "../weights.ts";
import type { Program } from "./highs.ts";
import { Columns, type Entry } from "./columns.ts";

export interface Flow {
  readonly program: Program;
  /** The first columns, one a run; whether a run is taken decides all other columns. */
  readonly runs: readonly IndexedRun[];
  /** The program's objective times this is milliseconds of a request. */
  readonly scale: number;
}

/** Rows of the program, by what they say. */
interface Rows {
  /** A device has one run at most. */
  one(device: number): number;
  /** What arrives at a device to start with a block is what starts there; block 0: what comes back there. */
  start(block: number, device: number): number;
  /** What ends on a device before block `end` is what leaves it; at N: what goes back from there. */
  end(end: number, device: number): number;
  /** There is one chain. */
  readonly chain: number;
  /** The throughput's value is at least a stage, a link, and the share of a request. */
  stage(device: number): number;
  link(from: number, to: number): number;
  readonly share: number;
  readonly count: number;
}

/** Columns that the program would have: what its size is judged by. */
export function columnsOf({ blocks: N, devices: M, reach }: Weights): number {
  let runs = 0;
  for (let cell = 0; cell < M * N; cell++) runs += at(reach, cell) - cell % N;
  return runs + N * M * M;
}

/** The program of a problem. */
export function flowOf(weights: Weights): Flow {
  const rows = rowsOf(weights);
  const scale = scaleOf(weights);
  const columns = new Columns(rows.count);
  const bottleneck = weights.goal === "bottleneck";
  /** A column that costs `milliseconds`, and keeps a stage or link busy for some. */
  const add = (milliseconds: number, entries: readonly Entry[], busy?: readonly [number, number]): void => {
    const shares: Entry[] = bottleneck
      ? [[rows.share, -milliseconds / scale], ...(busy === undefined ? [] : [[busy[0], -busy[1] / scale] as const])]
      : [];
    columns.add(bottleneck ? 0 : milliseconds / scale, 1, [...entries, ...shares]);
  };
  const runs = addRuns(weights, rows, add);
  addHops(weights, rows, add);
  addWaysBack(weights, rows, add);
  if (bottleneck) addValue(weights, rows, columns);
  const { devices: M } = weights;
  const limits = Array.from({ length: rows.count }, (_, row) => {
    // At most one run a device; the throughput's rows are at least 0; flows are in balance.
    if (row < M) return [-Infinity, 1] as const;
    return row === rows.chain ? [1, 1] as const : [0, row > rows.chain ? Infinity : 0] as const;
  });
  return { program: columns.program(limits, runs.length), runs, scale };
}

type Add = (milliseconds: number, entries: readonly Entry[], busy?: readonly [number, number]) => void;

function rowsOf({ blocks: N, devices: M, goal }: Weights): Rows {
  const chain = M + 2 * N * M;
  return {
    one: (device) => device,
    start: (block, device) => M + block * M + device,
    end: (end, device) => M + N * M + (end - 1) * M + device,
    chain,
    stage: (device) => chain + 1 + device,
    link: (from, to) => chain + 1 + M + from * M + to,
    share: chain + 1 + M + M * M,
    count: goal === "bottleneck" ? chain + 2 + M + M * M : chain + 1,
  };
}

function addRuns(weights: Weights, rows: Rows, add: Add): IndexedRun[] {
  const { blocks: N, devices: M, reach, entry } = weights;
  const runs: IndexedRun[] = [];
  for (let device = 0; device < M; device++) {
    for (let first = at(entry, device) === Infinity ? 1 : 0; first < N; first++) {
      for (let end = first + 1; end <= at(reach, device * N + first); end++) {
        const work = runMilliseconds(weights, device, first, end);
        const cost = work + (first === 0 ? at(entry, device) : 0);
        const entries = [[rows.one(device), 1], [rows.start(first, device), 1], [rows.end(end, device), 1]] as const;
        add(cost, entries, [rows.stage(device), stageMilliseconds(weights, device, first, end)]);
        runs.push({ device, first, end });
      }
    }
  }
  return runs;
}

function addHops({ blocks: N, devices: M, traffic, hops, busy }: Weights, rows: Rows, add: Add): void {
  for (let block = 1; block < N; block++) {
    const kind = at(traffic, block - 1);
    const [hop, occupied] = [hops[kind] as Float64Array, busy[kind] as Float64Array];
    for (let from = 0; from < M; from++) {
      for (let to = 0; to < M; to++) {
        const cost = at(hop, from * M + to);
        if (cost === Infinity) continue;
        add(cost, [[rows.end(block, from), -1], [rows.start(block, to), -1]], [
          rows.link(from, to),
          at(occupied, from * M + to),
        ]);
      }
    }
  }
}

function addWaysBack({ blocks: N, devices: M, back, backBusy }: Weights, rows: Rows, add: Add): void {
  for (let last = 0; last < M; last++) {
    for (let first = 0; first < M; first++) {
      const cost = last === first ? 0 : at(back, last * M + first);
      if (cost === Infinity) continue;
      const entries = [[rows.end(N, last), -1], [rows.start(0, first), -1], [rows.chain, 1]] as const;
      // From a device to itself, nothing travels.
      if (last === first) add(0, entries);
      else add(cost, entries, [rows.link(last, first), at(backBusy, last * M + first)]);
    }
  }
}

/** The throughput's value: what is made small. */
function addValue({ devices: M, requests }: Weights, rows: Rows, columns: Columns): void {
  const entries: Entry[] = [[rows.share, requests]];
  for (let row = rows.stage(0); row < rows.stage(0) + M + M * M; row++) entries.push([row, 1]);
  columns.add(1, Infinity, entries);
}

/** Numbers near one are what a solver's tolerances are made for. */
function scaleOf(weights: Weights): number {
  const { blocks: N, devices: M } = weights;
  let scale = 0;
  for (let device = 0; device < M; device++) scale = Math.max(scale, runMilliseconds(weights, device, 0, N) / N);
  return scale > 0 ? scale : 1;
}
