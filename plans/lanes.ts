/** Lanes: groups of requests that step together, each elsewhere in the pipeline. */
import type { Problem, Workload } from "./problem.ts";

/** More lanes than this are counted in larger steps: their rows hardly differ. */
const fine = 8;

/** Requests that are under way at once, as far as objectives and predictions count with them. */
export function loadOf({ load, concurrency }: Workload): number {
  return load ?? concurrency;
}

/**
 * How many lanes a throughput may come of, the most first: up to the devices there are and the requests. Where nobody knows
 * what rows cost together, each request is a lane of its own, as it is to objectives that know one request.
 */
export function laneCounts({ devices, shape, objective }: Pick<Problem, "devices" | "shape" | "objective">): number[] {
  const load = loadOf(shape);
  if (objective !== "throughput" || devices.every(({ stepFactors }) => stepFactors === undefined)) return [load];
  const most = Math.min(load, devices.length);
  const counts = [most];
  for (let lanes = most; lanes > 1;) counts.push(lanes = lanes > fine ? Math.floor(lanes / 2) : lanes - 1);
  return counts;
}
