/**
 * What steps of several rows take. Rows that share a step share one reading of the weights, so a step of four takes far less
 * than four; how much less differs between devices, and is a curve of factors: times of a step in steps of one row.
 */

import { rising } from "./rising.ts";

/** Rows that a curve has a factor for; between them it is a straight line, and goes on as one beyond the last. */
export const batchRows = [1, 2, 4, 8, 16] as const;

/** Where nothing has been measured: a 4-bit layer on two threads. */
export const usualFactors: readonly number[] = [1, 1.1, 1.7, 2.9, 5.2];

/** Steps that a measurement must be of: below this, a median is too easily one odd step. */
const enough = 5;

/** Milliseconds that a step takes at least: what is shorter is a clock that did not move, or nonsense from a peer. */
const shortest = 1e-6;

/** What a device says of steps with so many rows: the median of so many steps. */
export interface BatchMeasurement {
  readonly rows: number;
  readonly steps: number;
  readonly milliseconds: number;
}

/**
 * The curve of a device, for `batchRows`: begins with 1 and never falls, and no step takes longer than its rows one by one.
 * Sizes that have not been measured take the usual curve's way between those that have.
 */
export function fitFactors(measured: readonly BatchMeasurement[]): number[] {
  const known = batchRows.map((rows) => {
    const found = measured.find((each) => each.rows === rows);
    return found !== undefined && found.steps >= enough && found.milliseconds >= shortest &&
        Number.isFinite(found.milliseconds)
      ? found
      : undefined;
  });
  // How many times the usual curve each size takes, in milliseconds; all are held against the step of one row.
  const scales = known.map((found, at) => found === undefined ? undefined : found.milliseconds / usual(at));
  const single = scales.find((scale) => scale !== undefined) ?? 1;
  const raw = batchRows.map((_, at) => scaleAt(scales, at) / single * usual(at));
  const weights = known.map((found) => found?.steps ?? 1);
  return bounded(rising(raw, weights));
}

/** Times of a step with `rows` rows (1 or more, whole or not) in steps of one row. Without a curve: each row is a step. */
export function factorAt(factors: readonly number[] | undefined, rows: number): number {
  if (factors === undefined || rows <= 1) return Math.max(1, rows);
  let at = batchRows.findIndex((size) => rows <= size);
  if (at < 0) at = batchRows.length - 1;
  const [low, high] = [batchRows[at - 1] ?? 1, batchRows[at] ?? 1];
  const [below, above] = [factors[at - 1] ?? 1, factors[at] ?? rows];
  return below + (above - below) * (rows - low) / (high - low);
}

function usual(at: number): number {
  return usualFactors[at] as number;
}

/** The scale of a size: its own, else between its neighbours' by the sizes' order, else the nearest one's. */
function scaleAt(scales: readonly (number | undefined)[], at: number): number {
  const before = scales.findLastIndex((scale, index) => scale !== undefined && index <= at);
  const after = scales.findIndex((scale, index) => scale !== undefined && index >= at);
  if (before < 0 || after < 0) return scales[Math.max(before, after)] ?? 1;
  const [low, high] = [scales[before] ?? 1, scales[after] ?? 1];
  return after === before ? low : low + (high - low) * (at - before) / (after - before);
}

/** Begins with 1; twice the rows take twice the time at most. */
function bounded(values: readonly number[]): number[] {
  const first = values[0] ?? 1;
  const factors: number[] = [1];
  for (let at = 1; at < values.length; at++) {
    const before = factors[at - 1] ?? 1;
    factors.push(Math.min(2 * before, Math.max(before, (values[at] ?? first) / first)));
  }
  return factors;
}
