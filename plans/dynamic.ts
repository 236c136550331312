/**
 * EdgeShard's two dynamic programs (arXiv 2405.14371) as published, for comparison. Algorithm 1 keeps one memory vector a
 * state, that of the winning predecessor, so it misses plans when memory binds; Algorithm 2 visits each device once and
 * knows no way back. The first block is on the source, or on the first device where the problem names none.
 */
import { type ClassWeights, collapse } from "./exact/classes.ts";
import { type Outcome, planned, solveChecked, type SolveOptions } from "./outcome.ts";
import type { Problem, Run } from "./problem.ts";
import type { Refusal } from "./validate.ts";
import { at, type IndexedRun, runMilliseconds, stageMilliseconds, type Weights, weightsOf } from "./weights.ts";

/** Entries of Algorithm 2's tables above which it gives up: 12 bytes each. */
const mostEntries = 20_000_000;

/** Algorithm 1 for the objectives that sum, Algorithm 2 for throughput. Proves nothing of its plans. */
export function solveDynamic(problem: Problem, _options: SolveOptions = {}): Outcome {
  return solveChecked(problem, (sound, refusals) => {
    const source = Math.max(0, sound.devices.findIndex(({ device }) => device === sound.source));
    const weights = weightsOf(sound);
    return weights.goal === "sum"
      ? leastLatency(sound, weights, source, refusals)
      : leastBottleneck(sound, weights, source, refusals);
  });
}

/** Algorithm 1, O(N M^2). Devices may be visited again. */
function leastLatency(problem: Problem, weights: Weights, source: number, refusals: readonly Refusal[]): Outcome {
  const { blocks: N, devices: M, bytes, usable, hops, traffic, back, reach } = weights;
  const from: Int32Array[] = [];
  let costs = new Float64Array(M).fill(Infinity);
  let memory = Array.from({ length: M }, () => usable);
  for (let block = 0; block < N; block++) {
    const next = new Float64Array(M).fill(Infinity);
    const left = Array.from({ length: M }, () => usable);
    const choice = new Int32Array(M).fill(-1);
    for (let j = 0; j < M; j++) {
      if (block === 0 && j !== source || at(reach, j * N + block) === block) continue;
      const work = runMilliseconds(weights, j, block, block + 1);
      if (block === 0) [next[j], choice[j]] = [work, j];
      for (let k = 0; block > 0 && k < M; k++) {
        if (at(memory[k] as Float64Array, j) < at(bytes, block)) continue;
        const hop = k === j ? 0 : at(hops[at(traffic, block - 1)] as Float64Array, k * M + j);
        const cost = at(costs, k) + work + hop;
        if (cost < at(next, j)) [next[j], choice[j]] = [cost, k];
      }
      const winner = at(choice, j);
      if (winner < 0) continue;
      const rest = Float64Array.from(memory[winner] as Float64Array);
      rest[j] = at(rest, j) - at(bytes, block);
      left[j] = rest;
    }
    [costs, memory] = [next, left];
    from.push(choice);
  }
  let [last, best] = [-1, Infinity];
  for (let j = 0; j < M; j++) {
    const cost = at(costs, j) + (j === source ? 0 : at(back, j * M + source));
    if (cost < best) [last, best] = [j, cost];
  }
  if (last < 0) return none(refusals);
  const runs: Run[] = [];
  for (let block = N - 1, device = last; block >= 0; block--) {
    const id = problem.devices[device]?.device ?? "";
    const next = runs[0];
    if (next !== undefined && next.device === id) runs[0] = { ...next, first: block };
    else runs.unshift({ device: id, first: block, last: block });
    device = at(from[block] as Int32Array, device);
  }
  return planned("dynamic", problem, runs, 0, refusals);
}

/** Algorithm 2, O(N^2 2^M M^2), with identical devices collapsed into counts. */
function leastBottleneck(problem: Problem, plain: Weights, source: number, refusals: readonly Refusal[]): Outcome {
  const weights = collapse(plain);
  const { blocks: N, devices: C, counts, members } = weights;
  const start = members.findIndex((each) => each.includes(source));
  const sets = counts.reduce((product, count) => product * (count + 1), 1);
  if (sets * (N + 1) * C > mostEntries) {
    const reason = `EdgeShard's Algorithm 2 would need ${sets} sets of devices: use the exact solver.`;
    return { type: "unsolved", reason, refusals };
  }
  const states = statesOf(weights, start, sets);
  const runs = bestStates(weights, states, start, sets);
  if (runs === undefined) return none(refusals);
  // The source itself goes first; the others of a class in the problem's order.
  const free = members.map((each) => [...each].sort((a, b) => Number(b === source) - Number(a === source) || a - b));
  const named = runs.map(({ device, first, end }) => {
    return { device: problem.devices[free[device]?.shift() ?? -1]?.device ?? "", first, last: end - 1 };
  });
  return planned("dynamic", problem, named, 0, refusals);
}

/** Algorithm 2's table, [sets, N + 1, C]: the least bottleneck, and the state before it. */
interface States {
  /** What a device of a class adds to the number of a set. */
  readonly radix: readonly number[];
  readonly values: Float64Array;
  /** Block x C + class; -1 for none. */
  readonly from: Int32Array;
}

function statesOf(weights: ClassWeights, start: number, sets: number): States {
  const { blocks: N, devices: C, counts, reach, traffic, busy } = weights;
  const radix = Array.from(counts, (_, c) => counts.slice(0, c).reduce((product, count) => product * (count + 1), 1));
  const width = (N + 1) * C;
  const values = new Float64Array(sets * width).fill(Infinity);
  const from = new Int32Array(sets * width).fill(-1);
  const alone = radix[start] ?? 0;
  for (let m = 1; m <= at(reach, start * N); m++) {
    values[alone * width + m * C + start] = stageMilliseconds(weights, start, 0, m);
  }
  for (let set = alone; set < sets; set++) {
    for (let state = C; state < N * C; state++) {
      const value = at(values, set * width + state);
      if (value === Infinity) continue;
      const [i, k] = [Math.floor(state / C), state % C];
      for (let j = 0; j < C; j++) {
        const stride = radix[j] ?? 1;
        if (Math.floor(set / stride) % (at(counts, j) + 1) === at(counts, j)) continue;
        const hop = Math.max(value, at(busy[at(traffic, i - 1)] as Float64Array, k * C + j));
        for (let m = i + 1; m <= at(reach, j * N + i); m++) {
          const cell = (set + stride) * width + m * C + j;
          const worst = Math.max(hop, stageMilliseconds(weights, j, i, m));
          if (worst < at(values, cell)) [values[cell], from[cell]] = [worst, state];
        }
      }
    }
  }
  return { radix, values, from };
}

/** The runs of the best state that holds all blocks, or undefined where there is none. */
function bestStates(
  { blocks: N, devices: C }: ClassWeights,
  { radix, values, from }: States,
  start: number,
  sets: number,
): IndexedRun[] | undefined {
  const width = (N + 1) * C;
  let best = -1;
  for (let set = radix[start] ?? 0; set < sets; set++) {
    for (let j = 0; j < C; j++) {
      const cell = set * width + N * C + j;
      if (at(values, cell) < (best < 0 ? Infinity : at(values, best))) best = cell;
    }
  }
  if (best < 0) return undefined;
  const runs: IndexedRun[] = [];
  for (let cell = best; cell >= 0;) {
    const [set, end, device] = [Math.floor(cell / width), Math.floor(cell % width / C), cell % C];
    const before = at(from, cell);
    runs.unshift({ device, first: before < 0 ? 0 : Math.floor(before / C), end });
    cell = before < 0 ? -1 : (set - (radix[device] ?? 1)) * width + before;
  }
  return runs;
}

function none(refusals: readonly Refusal[]): Outcome {
  return { type: "infeasible", reason: "EdgeShard's algorithm ends without a plan; another may exist.", refusals };
}
