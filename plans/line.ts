/** A straight line through measurements that a few odd ones cannot spoil (Theil and Sen). Pure. */
import { median } from "./median.ts";

/** What was found at a place. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** Places must lie so far apart, as a part of the larger, that two of them tell a slope. */
const APART = 0.1;
/** Pairs that a slope is the median of, at least. */
const ENOUGH = 6;

/**
 * The line whose slope is the median over pairs of points, kept between `least` and `most`, and whose intercept is the median of
 * what is left; of slope 1 where places are too much alike. Undefined without points.
 */
export function lineThrough(
  points: readonly Point[],
  { least, most }: { least: number; most: number },
): Line | undefined {
  const slopes = points.flatMap((a, index) =>
    points.slice(index + 1).flatMap((b) => {
      const far = Math.abs(b.x - a.x) > APART * Math.max(Math.abs(a.x), Math.abs(b.x));
      return far ? [(b.y - a.y) / (b.x - a.x)] : [];
    })
  );
  const middle = slopes.length < ENOUGH ? 1 : median(slopes) ?? 1;
  const slope = Math.min(most, Math.max(least, middle));
  const intercept = median(points.map(({ x, y }) => y - slope * x));
  return intercept === undefined ? undefined : { slope, intercept };
}
