/** A discrete-event simulation of a pipeline: what queues and waits make of a plan. For studies: no daemon runs it. */
import { factorAt } from "./batches.ts";
import { crossingBytes, occupiedMilliseconds, returnBytes } from "./cost.ts";
import { Heap } from "./exact/heap.ts";
import type { Prediction } from "./predict.ts";
import type { Problem } from "./problem.ts";
import { linkFinder } from "./feasible.ts";

/** A stage or a link: serves one lane at a time, in the order of arrival. */
export interface PipelineStep {
  readonly name: string;
  /** For how long a lane's first pass (the prompt) and each further pass occupy it. */
  readonly prefillMilliseconds: number;
  readonly decodeMilliseconds: number;
  /** What passes then until the lane reaches the next step; others may use this one meanwhile. */
  readonly delayMilliseconds: number;
}

export interface SimulationOptions {
  /** Sequences, or micro-batches of them, that share the pipeline. Default: 1. */
  readonly lanes?: number;
  /** Passes of a lane: the first is the prefill. */
  readonly passes: number;
  /**
   * `no-bubbles`: a lane starts its next pass as soon as its token is back (default). `bubbles`: all lanes wait until the
   * last has ended its pass (EdgeShard's two schedules).
   */
  readonly schedule?: "no-bubbles" | "bubbles";
  /** Sequences a lane stands for. Default: 1. */
  readonly rows?: number;
}

export interface Simulation {
  /** Until the last lane has ended its last pass. */
  readonly totalMilliseconds: number;
  /** From start to each lane's first token. */
  readonly ttftMilliseconds: readonly number[];
  /** Mean time from pass to pass of a lane after the first; 0 where there is one pass only. */
  readonly tpotMilliseconds: number;
  /** Over the whole run, filling and draining included. */
  readonly tokensPerSecond: number;
  /** Between the first and the last pass that ends, without the first pass of all: as it goes on for ever. */
  readonly steadyTokensPerSecond: number;
  /** Share of the time that each step is busy. */
  readonly utilization: readonly number[];
}

/** The most passes of all lanes together: 10 million events take seconds. */
const mostPasses = 2_000_000;
const mostLanes = 10_000;

/** Runs `lanes` lanes through the steps, again and again. Throws a RangeError for options that make no sense. */
export function simulate(steps: readonly PipelineStep[], options: SimulationOptions): Simulation {
  const { lanes = 1, passes, schedule = "no-bubbles", rows = 1 } = options;
  for (const [name, value] of Object.entries({ lanes, passes, rows })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`Simulating a pipeline: ${name} must be a whole number from 1, not ${value}.`);
    }
  }
  if (lanes > mostLanes || lanes * passes > mostPasses) {
    throw new RangeError(`Simulating a pipeline: ${lanes} lanes of ${passes} passes are too many.`);
  }
  if (steps.length === 0) throw new RangeError("Simulating a pipeline: it has no steps.");
  return summary(run(steps, lanes, passes, schedule), lanes, passes, rows);
}

/** What happened: when each pass ended, in no order; each lane's first; for how long each step was busy. */
interface History {
  readonly ended: readonly number[];
  readonly first: readonly number[];
  readonly busy: readonly number[];
}

function run(
  steps: readonly PipelineStep[],
  lanes: number,
  passes: number,
  schedule: "no-bubbles" | "bubbles",
): History {
  const arrivals = new Heap();
  const free = steps.map(() => 0);
  const busy = steps.map(() => 0);
  const done = new Array<number>(lanes).fill(0);
  const first = new Array<number>(lanes).fill(0);
  const ended: number[] = [];
  let waiting = 0;
  const enter = (lane: number, step: number, time: number) => arrivals.push(time, lane * steps.length + step);
  for (let lane = 0; lane < lanes; lane++) enter(lane, 0, 0);
  while (arrivals.size > 0) {
    const now = arrivals.least;
    const event = arrivals.pop();
    const [lane, index] = [Math.floor(event / steps.length), event % steps.length];
    const step = steps[index] as PipelineStep;
    const service = done[lane] === 0 ? step.prefillMilliseconds : step.decodeMilliseconds;
    const until = Math.max(now, free[index] ?? 0) + service;
    free[index] = until;
    busy[index] = (busy[index] ?? 0) + service;
    const reached = until + step.delayMilliseconds;
    if (index + 1 < steps.length) {
      enter(lane, index + 1, reached);
      continue;
    }
    ended.push(reached);
    const count = (done[lane] ?? 0) + 1;
    done[lane] = count;
    if (count === 1) first[lane] = reached;
    if (schedule === "no-bubbles") {
      if (count < passes) enter(lane, 0, reached);
    } else if (++waiting === lanes) {
      waiting = 0;
      const together = Math.max(...ended.slice(-lanes));
      for (let each = 0; each < lanes && count < passes; each++) enter(each, 0, together);
    }
  }
  return { ended, first, busy };
}

function summary({ ended, first, busy }: History, lanes: number, passes: number, rows: number): Simulation {
  const sorted = ended.toSorted((a, b) => a - b);
  const totalMilliseconds = sorted.at(-1) ?? 0;
  // A window of whole rounds in the middle: filling and draining left out.
  const [low, high] = [Math.floor(passes / 4) * lanes, Math.max(Math.floor(3 * passes / 4), 1) * lanes];
  const window = (sorted[high - 1] ?? 0) - (sorted[low - 1] ?? 0);
  const last = totalMilliseconds - Math.max(...first);
  return {
    totalMilliseconds,
    ttftMilliseconds: first,
    tpotMilliseconds: passes > 1 ? last / (passes - 1) : 0,
    tokensPerSecond: 1000 * ended.length * rows / totalMilliseconds,
    steadyTokensPerSecond: window > 0 ? 1000 * (high - low) * rows / window : 0,
    utilization: busy.map((time) => time / totalMilliseconds),
  };
}

/**
 * A predicted plan as steps: each stage, then its link to the next device, at last the token's way back. `rows`: requests
 * that share each step but the first, which stands for the prefill of one of them.
 */
export function pipelineOf(problem: Problem, { stages, links }: Prediction, rows = 1): PipelineStep[] {
  const find = linkFinder(problem);
  const steps: PipelineStep[] = [];
  const cross = (from: string, to: string, bytes: number, promptBytes: number) => {
    const [link, known] = [find(from, to), links.find((each) => each.from === from && each.to === to)];
    if (link === undefined || known === undefined) return;
    steps.push({
      name: known.name,
      prefillMilliseconds: occupiedMilliseconds(link, promptBytes),
      decodeMilliseconds: occupiedMilliseconds(link, rows * bytes),
      delayMilliseconds: link.roundTripMilliseconds / 2,
    });
  };
  for (const [index, stage] of stages.entries()) {
    const { name, prefillMilliseconds } = stage;
    const factors = problem.devices.find(({ device }) => device === stage.device)?.stepFactors;
    const decodeMilliseconds = stage.decodeMilliseconds * factorAt(factors, rows);
    steps.push({ name, prefillMilliseconds, decodeMilliseconds, delayMilliseconds: 0 });
    const [next, block] = [stages[index + 1], problem.blocks[stage.last]];
    if (next !== undefined && block !== undefined) {
      const prompt = crossingBytes(block, { ...problem.shape, outputTokens: 1 });
      cross(stage.device, next.device, block.activationBytes, prompt);
    }
  }
  const [first, last] = [stages[0], stages.at(-1)];
  if (first !== undefined && last !== undefined) cross(last.device, first.device, returnBytes, returnBytes);
  return steps;
}
