/** Solve times against size, with the gap that is proven. */
import { type Objective, type Problem, solvers } from "../../plans/mod.ts";
import { drawMesh } from "./meshes.ts";
import { fixed, type Row, type Table } from "./table.ts";

interface Case {
  readonly blocks: number;
  readonly devices: number;
  readonly objective: Objective;
  readonly concurrency: number;
  readonly stages?: number;
  /** 0: optimal is asked for. */
  readonly gap: number;
  readonly targetMilliseconds: number;
}

const cases: readonly Case[] = [
  {
    blocks: 24,
    devices: 8,
    objective: "latency",
    concurrency: 1,
    gap: 0,
    targetMilliseconds: 100,
  },
  {
    blocks: 24,
    devices: 8,
    objective: "latency",
    concurrency: 1,
    stages: 4,
    gap: 0,
    targetMilliseconds: 100,
  },
  {
    blocks: 24,
    devices: 8,
    objective: "throughput",
    concurrency: 4,
    stages: 4,
    gap: 0,
    targetMilliseconds: 100,
  },
  {
    blocks: 96,
    devices: 16,
    objective: "latency",
    concurrency: 1,
    gap: 0,
    targetMilliseconds: 1000,
  },
  {
    blocks: 96,
    devices: 16,
    objective: "latency",
    concurrency: 1,
    stages: 10,
    gap: 0,
    targetMilliseconds: 1000,
  },
  {
    blocks: 96,
    devices: 16,
    objective: "throughput",
    concurrency: 8,
    gap: 0,
    targetMilliseconds: 1000,
  },
  {
    blocks: 96,
    devices: 200,
    objective: "latency",
    concurrency: 1,
    stages: 4,
    gap: 0.02,
    targetMilliseconds: 5000,
  },
  {
    blocks: 96,
    devices: 200,
    objective: "latency",
    concurrency: 1,
    stages: 8,
    gap: 0.02,
    targetMilliseconds: 5000,
  },
  {
    blocks: 96,
    devices: 200,
    objective: "latency",
    concurrency: 1,
    stages: 16,
    gap: 0.02,
    targetMilliseconds: 5000,
  },
  {
    blocks: 96,
    devices: 200,
    objective: "throughput",
    concurrency: 4,
    stages: 4,
    gap: 0.02,
    targetMilliseconds: 5000,
  },
  {
    blocks: 96,
    devices: 200,
    objective: "throughput",
    concurrency: 16,
    stages: 8,
    gap: 0.02,
    targetMilliseconds: 5000,
  },
];

/** A row a case: the median and the worst of a few seeds; each solve stops at its target time. */
export async function scaleTables(seeds = 5): Promise<Table[]> {
  const rows: Row[] = [];
  // The first solves of a process compile the solver: they would be measured with it.
  for (let seed = 100; seed < 105; seed++) {
    await timed(drawMesh({ blocks: 24, devices: 8, seed }), 0, 1000);
  }
  for (const { gap, targetMilliseconds, ...options } of cases) {
    const results = [];
    for (
      let seed = 1;
      seed <= (options.devices > 100 ? Math.min(3, seeds) : seeds);
      seed++
    ) {
      results.push(
        await timed(drawMesh({ ...options, seed }), gap, targetMilliseconds),
      );
    }
    const times = results.map(({ milliseconds }) => milliseconds).toSorted((
      a,
      b,
    ) => a - b);
    const gaps = results.map(({ gap }) => gap).toSorted((a, b) => a - b);
    rows.push({
      "blocks x devices": `${options.blocks} x ${options.devices}`,
      objective: options.objective,
      "at once": options.concurrency,
      "model / mean device": options.stages ?? "default",
      "median ms": fixed(times[times.length >> 1], 0),
      "worst ms": fixed(times.at(-1), 0),
      "stopped at ms": targetMilliseconds,
      "asked gap": gap === 0 ? "optimal" : `${100 * gap} %`,
      "median gap": `${fixed(100 * (gaps[gaps.length >> 1] ?? 1), 2)} %`,
      "worst gap": `${fixed(100 * (gaps.at(-1) ?? 1), 2)} %`,
      "solved": results.filter((each) => each.gap <= gap).length + " of " +
        results.length,
    });
  }
  return [{
    title: "The exact solver against size",
    notes: [
      "Meshes of bench/plans/meshes.ts: speeds 0.4 to 3, memory half to twice the mean, access delays 0.1 to 3 ms, sites of 25.",
      "Each solve may take its target time and then says what it has proven; an infeasible problem counts as solved.",
    ],
    rows,
  }];
}

async function timed(problem: Problem, gap: number, most: number) {
  const start = performance.now();
  const outcome = await solvers.exact(problem, {
    now: () => performance.now(),
    deadline: start + most,
    gap,
  });
  const proven = outcome.type === "placed" ? outcome.gap : outcome.type === "infeasible" ? 0 : 1;
  return { milliseconds: performance.now() - start, gap: proven };
}
