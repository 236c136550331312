/**
 * The assignment program for HiGHS: LinguaLinked's formulation with its products made linear and its latency term made to
 * count. The only file that knows HiGHS. It solves synchronously: call it off the event loop.
 *
 * x[d,i] = 1: block i on device d. y[i,d,e] = 1: block i on d and block i + 1 on e, a flow through the blocks, so that its
 * relaxation is tight. A device starts one run at most. r[d,f] = 1: the last block on d, the first on f.
 */
import type { LegacyHighs } from "highs";
import type { Run } from "./feasible.ts";
import { type Outcome, planned, solveChecked, type SolveOptions } from "./outcome.ts";
import type { Problem } from "./problem.ts";
import type { Refusal } from "./validate.ts";
import { at, runMilliseconds, type Weights, weightsOf } from "./weights.ts";

/** Crossings above which the program is too large for a solver in WebAssembly. */
const mostCrossings = 60_000;

/** Loads the solver's 3.5 MB when the first program is solved, not when somebody imports a planner. */
async function loadHighs(): Promise<LegacyHighs> {
  const { default: load } = await import("highs");
  // The package's types describe its CommonJS face; as an ES module its default export is the loader itself.
  return (load as unknown as () => Promise<LegacyHighs>)();
}

let highs: Promise<LegacyHighs> | undefined;

/** Solves the program: min-sum for latency and LinguaLinked's objective, min-max for throughput. */
export function solveLinear(problem: Problem, options: SolveOptions = {}): Promise<Outcome> {
  return Promise.resolve(solveChecked(problem, async (sound, refusals): Promise<Outcome> => {
    const weights = weightsOf(sound);
    const crossings = weights.blocks * weights.devices ** 2;
    if (crossings > mostCrossings) {
      const reason =
        `The program would have ${crossings} crossings; ${mostCrossings} is the most: use the exact solver.`;
      return { type: "unsolved", reason, refusals };
    }
    highs ??= loadHighs();
    return solveProgram(await highs, sound, weights, refusals, options);
  }));
}

function solveProgram(
  solver: LegacyHighs,
  problem: Problem,
  weights: Weights,
  refusals: readonly Refusal[],
  { now = () => 0, deadline = Infinity, gap = 0 }: SolveOptions,
): Outcome {
  const remaining = (deadline - now()) / 1000;
  if (remaining <= 0) return { type: "unsolved", reason: "No time was left to solve the program.", refusals };
  const program = programOf(weights);
  const solution = solver.solve(program.text, {
    output_flag: false,
    // HiGHS 1.15's presolve calls some small feasible programs of this form infeasible.
    presolve: "off",
    mip_rel_gap: gap,
    mip_abs_gap: 1e-9,
    mip_feasibility_tolerance: 1e-9,
    primal_feasibility_tolerance: 1e-9,
    ...(remaining < 1e9 ? { time_limit: remaining } : {}),
  });
  if (solution.Status === "Infeasible") {
    return { type: "infeasible", reason: "The assignment program has no solution.", refusals };
  }
  const runs = runsOf(problem, weights, (name) => {
    const column = solution.Columns[name];
    return column !== undefined && "Primal" in column && typeof column.Primal === "number" ? column.Primal : 0;
  });
  if (runs === undefined) {
    return { type: "unsolved", reason: `HiGHS ended without a plan: ${solution.Status}.`, refusals };
  }
  const proven = solution.Status === "Optimal";
  const perToken = weights.goal === "sum" ? 1 : problem.shape.outputTokens;
  const bound = proven ? solution.ObjectiveValue * program.scale / perToken * (1 - gap) : 0;
  // HiGHS works to tolerances: a bound that differs from the plan by less than them is the plan's own value.
  const outcome = planned("linear", problem, runs, bound, refusals);
  if (outcome.type !== "placed" || outcome.gap > gap + 1e-6 || !proven || gap > 0) return outcome;
  return { ...outcome, bound: outcome.prediction.objectiveMilliseconds, gap: 0 };
}

/** The program in CPLEX's LP format; its objective times `scale` is in milliseconds of a request. */
function programOf(weights: Weights): { readonly text: string; readonly scale: number } {
  const { blocks: N, devices: M, bytes, usable, reach, hops, busy, traffic, entry, back, backBusy } = weights;
  let scale = 0;
  for (let d = 0; d < M; d++) scale = Math.max(scale, runMilliseconds(weights, d, 0, N) / N);
  if (scale === 0) scale = 1;
  const sum: string[] = [];
  const rows: string[] = [];
  const binary: string[] = [];
  const none: string[] = [];
  const most: string[][] = Array.from({ length: M }, () => []);
  const cost = (value: number, name: string) => sum.push(term(value / scale, name));
  const busyRow = (milliseconds: number, name: string) => {
    if (weights.goal === "bottleneck" && milliseconds > 0) rows.push(`t ${term(-milliseconds / scale, name)} >= 0`);
  };
  for (let i = 0; i < N; i++) rows.push(`${all(M, (d) => `+ x_${d}_${i}`)} = 1`);
  for (let d = 0; d < M; d++) {
    const memory: string[] = [];
    for (let i = 0; i < N; i++) {
      const name = `x_${d}_${i}`;
      const work = runMilliseconds(weights, d, i, i + 1);
      binary.push(name);
      cost(work + (i === 0 && at(entry, d) < Infinity ? at(entry, d) : 0), name);
      most[d]?.push(term(-work / scale, name));
      if (at(reach, d * N + i) === i || (i === 0 && at(entry, d) === Infinity)) none.push(name);
      else memory.push(term(at(bytes, i) / Math.max(1, at(usable, d)), name));
    }
    if (memory.length > 0) rows.push(`${memory.join("\n")} <= 1`);
    if (weights.goal === "bottleneck") rows.push(`t ${most[d]?.join("\n")} >= 0`);
    const starts = [`+ x_${d}_0`];
    for (let i = 0; i + 1 < N; i++) {
      rows.push(`${all(M, (e) => `+ y_${i}_${d}_${e}`)} - x_${d}_${i} = 0`);
      rows.push(`${all(M, (e) => `+ y_${i}_${e}_${d}`)} - x_${d}_${i + 1} = 0`);
      for (let e = 0; e < M; e++) {
        if (e === d) continue;
        starts.push(`+ y_${i}_${e}_${d}`);
        const [kind, name] = [at(traffic, i), `y_${i}_${d}_${e}`];
        const hop = at(hops[kind] as Float64Array, d * M + e);
        if (hop === Infinity) none.push(name);
        else cost(hop, name);
        if (hop < Infinity) busyRow(at(busy[kind] as Float64Array, d * M + e), name);
      }
    }
    rows.push(`${starts.join("\n")} <= 1`);
    rows.push(`${all(M, (f) => `+ r_${d}_${f}`)} - x_${d}_${N - 1} = 0`);
    rows.push(`${all(M, (f) => `+ r_${f}_${d}`)} - x_${d}_0 = 0`);
    for (let f = 0; f < M; f++) {
      const way = f === d ? 0 : at(back, d * M + f);
      if (way === Infinity) none.push(`r_${d}_${f}`);
      else cost(way, `r_${d}_${f}`);
      if (f !== d && way < Infinity) busyRow(at(backBusy, d * M + f), `r_${d}_${f}`);
    }
  }
  if (weights.goal === "bottleneck") rows.push(`${weights.lanes} t ${sum.map(negated).join("\n")} >= 0`);
  const objective = weights.goal === "bottleneck" ? "t" : sum.join("\n");
  const text = [
    "Minimize",
    `obj: ${objective}`,
    "Subject To",
    ...rows,
    ...none.map((name) => `${name} = 0`),
    "Binary",
    ...binary,
    "End",
  ].join("\n");
  return { text, scale };
}

function all(count: number, of: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => of(index)).join("\n");
}

function term(value: number, name: string): string {
  return `${value < 0 ? "-" : "+"} ${Math.abs(value)} ${name}`;
}

function negated(text: string): string {
  return text.startsWith("+") ? `-${text.slice(1)}` : `+${text.slice(1)}`;
}

function runsOf(
  { devices }: Problem,
  { blocks: N, devices: M }: Weights,
  value: (name: string) => number,
): Run[] | undefined {
  const runs: Run[] = [];
  for (let i = 0; i < N; i++) {
    const holder = Array.from({ length: M }, (_, d) => d).find((d) => value(`x_${d}_${i}`) > 0.5);
    const device = devices[holder ?? -1]?.device;
    if (device === undefined) return undefined;
    const before = runs.at(-1);
    if (before !== undefined && before.device === device) runs[runs.length - 1] = { ...before, last: i };
    else runs.push({ device, first: i, last: i });
  }
  return runs;
}
