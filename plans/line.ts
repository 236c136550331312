/** A straight line through measurements that a few odd ones cannot spoil (after Theil and Sen). Pure. */

/** What was found at a place. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** Places must lie so far apart, as a part of the farthest one, that two of them tell a slope. */
const APART = 0.1;
/** Pairs that a slope is the median of, at least. */
const ENOUGH = 6;

/**
 * The line whose slope is the median over pairs of points, kept between `least` and `most`, and whose intercept is the median of
 * what is left; of slope 1 where places are too much alike. Pairs count by how far apart they are: noise makes any slope of
 * two that are close. Undefined without points.
 */
export function lineThrough(
  points: readonly Point[],
  { least, most }: { least: number; most: number },
): Line | undefined {
  const farthest = Math.max(...points.map(({ x }) => Math.abs(x)));
  const slopes = points.flatMap((a, index) =>
    points.slice(index + 1).flatMap((b) => {
      const weight = Math.abs(b.x - a.x);
      return weight > APART * farthest ? [{ value: (b.y - a.y) / (b.x - a.x), weight }] : [];
    })
  );
  const slope = Math.min(most, Math.max(least, slopes.length < ENOUGH ? 1 : weightedMedian(slopes)));
  const rests = points.map(({ x, y }) => ({ value: y - slope * x, weight: 1 }));
  return points.length === 0 ? undefined : { slope, intercept: weightedMedian(rests) };
}

/** The first value at which half of the weight is reached; 1 of none. */
function weightedMedian(values: readonly { readonly value: number; readonly weight: number }[]): number {
  const half = values.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let reached = 0;
  return values.toSorted((a, b) => a.value - b.value).find(({ weight }) => (reached += weight) >= half)?.value ?? 1;
}
