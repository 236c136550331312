/** Robust statistics for benchmarks. */

/** The middle of some numbers; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] ?? NaN : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** The smallest value that a share of all of them, from 0 to 1, does not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** How much `y` grows when `x` grows by one, by least squares; NaN of fewer than two points. */
export function slope(
  points: readonly (readonly [x: number, y: number])[],
): number {
  const count = points.length;
  const [meanX, meanY] = [0, 1].map((axis) => points.reduce((sum, point) => sum + (point[axis] ?? 0), 0) / count);
  let [above, below] = [0, 0];
  for (const [x, y] of points) {
    above += (x - (meanX ?? 0)) * (y - (meanY ?? 0));
    below += (x - (meanX ?? 0)) ** 2;
  }
  return count < 2 ? NaN : above / below;
}
