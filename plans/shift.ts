/**
 * A better plan with the devices in the order that they have, where the best of all would not fit beside the plan in force:
 * its boundaries are shifted as long as that helps, whatever is loaded, and there must be a way to it.
 */
import { type Planned, planned } from "./outcome.ts";
import { predict } from "./predict.ts";
import type { Problem, Run } from "./problem.ts";
import type { Refusal } from "./validate.ts";
import { wayTo } from "./way.ts";

/** With more devices than that shifting all neighbours together takes too long, and there is mostly room somewhere. */
const MOST_DEVICES = 24;

/** The plan that shifting the boundaries of the one in force comes to, with the way to it; undefined where that is none. */
export function shifted(problem: Problem, refusals: readonly Refusal[]): Planned | undefined {
  const { current } = problem;
  const from = current === undefined ? [] : runsIn(current.devices);
  if (current === undefined || from.length > MOST_DEVICES) return undefined;
  const free: Problem = { ...problem, current: { ...current, stays: false } };
  const best = descend(free, from);
  const outcome = best && planned("shift", free, best, 0, refusals);
  const way = best && wayTo(problem, from, best);
  return outcome?.type === "placed" && way !== undefined ? { ...outcome, way } : undefined;
}

/** The runs of a plan in which every block has a device. */
function runsIn(devices: readonly string[]): Run[] {
  const runs: { device: string; first: number; last: number }[] = [];
  for (const [block, device] of devices.entries()) {
    const run = runs.at(-1);
    if (run?.device === device) run.last = block;
    else runs.push({ device, first: block, last: block });
  }
  return runs;
}

/** Takes the best shift again and again; undefined where none helps. */
function descend(problem: Problem, from: readonly Run[]): readonly Run[] | undefined {
  let [best, value] = [from, valueOf(problem, from)];
  for (;;) {
    const before = value;
    for (const runs of shiftsOf(best)) {
      const other = valueOf(problem, runs);
      if (other < value) [best, value] = [runs, other];
    }
    if (!(value < before)) return best === from ? undefined : best;
  }
}

function valueOf(problem: Problem, runs: readonly Run[]): number {
  const predicted = predict(problem, runs);
  return predicted.type === "possible" ? predicted.prediction.objectiveMilliseconds : Infinity;
}

/** Plans in which some neighbouring boundaries are shifted by as many blocks, the same way; every device keeps one at least. */
function* shiftsOf(runs: readonly Run[]): Generator<Run[]> {
  const most = Math.max(...runs.map(({ first, last }) => last - first));
  for (let left = 0; left < runs.length - 1; left++) {
    for (let right = left; right < runs.length - 1; right++) {
      for (let by = -most; by <= most; by++) {
        const moves = (place: number) => left <= place && place <= right ? by : 0;
        const shifted = runs.map(({ device, first, last }, place) => {
          return { device, first: first + moves(place - 1), last: last + moves(place) };
        });
        if (by !== 0 && shifted.every(({ first, last }) => first <= last)) yield shifted;
      }
    }
  }
}
