/** How sure a mean is, by resampling (Efron's percentile bootstrap). */
import type { Random } from "../../training/generator/mod.ts";
import { median } from "../statistics.ts";

/** A mean or a median, with the bounds within which 95% of the resampled ones lie. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A value, and what it shares with others of the same cluster: requests of one prompt are right or wrong together. */
export interface Sample {
  readonly cluster: number;
  readonly value: number;
}

export interface BootstrapOptions {
  readonly random: Random;
  /** Default: 2000. */
  readonly resamples?: number;
}

/** The mean of the samples, whose clusters are resampled whole; NaN of none. */
export function bootstrapMean(
  samples: readonly Sample[],
  { random, resamples = 2000 }: BootstrapOptions,
): Interval {
  const clusters = [...clustersOf(samples).values()];
  const means = Array.from({ length: resamples }, () => {
    let [sum, count] = [0, 0];
    for (let drawn = 0; drawn < clusters.length; drawn++) {
      const cluster = clusters[random.below(clusters.length)];
      sum += cluster?.sum ?? 0;
      count += cluster?.count ?? 0;
    }
    return sum / count;
  }).sort((a, b) => a - b);
  return {
    value: samples.reduce((sum, { value }) => sum + value, 0) / samples.length,
    low: quantileOf(means, 0.025),
    high: quantileOf(means, 0.975),
  };
}

function clustersOf(
  samples: readonly Sample[],
): Map<number, { sum: number; count: number }> {
  const clusters = new Map<number, { sum: number; count: number }>();
  for (const { cluster, value } of samples) {
    const one = clusters.get(cluster) ?? { sum: 0, count: 0 };
    clusters.set(cluster, one);
    one.sum += value;
    one.count++;
  }
  return clusters;
}

function quantileOf(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** The median of values that have nothing to do with each other. */
export function bootstrapMedian(
  values: readonly number[],
  { random, resamples = 1000 }: BootstrapOptions,
): Interval {
  const medians = Array.from({ length: resamples }, () => {
    return median(values.map(() => values[random.below(values.length)] ?? NaN));
  }).sort((a, b) => a - b);
  return { value: median(values), low: quantileOf(medians, 0.025), high: quantileOf(medians, 0.975) };
}
