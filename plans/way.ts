/**
 * Ways to a plan that does not fit beside the one in force: by plans between, of which each fits beside the one before it.
 * Devices that are full give blocks away before they take others on. Only boundaries move: the devices stay in their order.
 */
import { segmentBytes } from "./bytes.ts";
import { impossible } from "./feasible.ts";
import type { Problem, Run, Segment } from "./problem.ts";

/** Plans between two: each costs readers a pause, so a longer way is none. */
const MOST_BETWEEN = 3;

/** Where the runs of devices in an order end, behind their last blocks: a device without one ends where the one before does. */
type Ends = readonly number[];

/**
 * The plans between the one in force and another one, in order: none where that one fits beside it. Undefined where there is
 * no way, or the devices change places.
 */
export function wayTo(problem: Problem, from: readonly Run[], to: readonly Run[]): Segment[][] | undefined {
  const order = orderOf(from, to);
  if (order === undefined) return undefined;
  const goal = endsOf(order, to);
  const between: Segment[][] = [];
  for (let here = endsOf(order, from);;) {
    if (fits(problem, order, here, goal)) return between;
    const next = advance(problem, order, here, goal);
    if (next === undefined || between.length === MOST_BETWEEN) return undefined;
    between.push(runsOf(order, next).map((run) => ({ ...run, bytes: segmentBytes(problem, run.first, run.last) })));
    here = next;
  }
}

/** As many boundaries as fit beside a plan, moved to where they are to be; undefined where none does. */
function advance(problem: Problem, order: readonly string[], from: Ends, goal: Ends): Ends | undefined {
  let [here, moved] = [from, false];
  for (const [place, end] of goal.entries()) {
    if (end === here[place]) continue;
    const next = here.with(place, end);
    if (!fits(problem, order, from, next)) continue;
    [here, moved] = [next, true];
  }
  return moved ? here : undefined;
}

/** Whether a plan can be loaded while another one is. */
function fits(problem: Problem, order: readonly string[], from: Ends, next: Ends): boolean {
  if (next.some((end, place) => end < (next[place - 1] ?? 0))) return false;
  const devices = runsOf(order, from).flatMap(({ device, first, last }) => Array(last - first + 1).fill(device));
  const current = { millisecondsPerByte: 0, ...problem.current, devices, stays: true };
  return impossible({ ...problem, current }, runsOf(order, next)) === undefined;
}

/** The devices of both plans in an order that both keep; undefined where there is none. */
function orderOf(from: readonly Run[], to: readonly Run[]): string[] | undefined {
  const order = from.map(({ device }) => device);
  let place = 0;
  for (const { device } of to) {
    const known = order.indexOf(device);
    if (known < 0) order.splice(place, 0, device);
    else if (known < place) return undefined;
    place = order.indexOf(device) + 1;
  }
  return new Set(order).size === order.length ? order : undefined;
}

function endsOf(order: readonly string[], runs: readonly Run[]): Ends {
  let end = 0;
  return order.map((device) => {
    const run = runs.find((run) => run.device === device);
    return end = run === undefined ? end : run.last + 1;
  });
}

function runsOf(order: readonly string[], ends: Ends): Run[] {
  return order.flatMap((device, place) => {
    const [first, last] = [ends[place - 1] ?? 0, (ends[place] ?? 0) - 1];
    return last < first ? [] : [{ device, first, last }];
  });
}
