/** Axes: where a value stands on one, and which values are written beside it. */

/** An axis from 0 to a round value. */
export interface Scale {
  /** The last value that is written on it. */
  readonly end: number;
  /** The values that are written on it, the first is 0. */
  readonly ticks: readonly number[];
  /** How far from its beginning a value stands, in the unit of `length`; 0 for one that is no finite number. */
  at(value: number): number;
}

/**
 * The axis of so many units of length on which the largest value has its place, with about `count` round steps: 1, 2 or 5
 * times a power of ten.
 */
export function scaleOf(
  values: readonly number[],
  length: number,
  count = 5,
): Scale {
  const largest = Math.max(0, ...values.filter(Number.isFinite));
  const step = roundStep((largest > 0 ? largest : 1) / count);
  const steps = Math.max(1, Math.ceil(largest / step - 1e-9));
  const end = rounded(steps * step);
  return {
    end,
    ticks: Array.from(
      { length: steps + 1 },
      (_, index) => rounded(index * step),
    ),
    at: (value) => Number.isFinite(value) ? value / end * length : 0,
  };
}

/** A number as it is written on an axis or beside a bar: three digits that count, no more. */
export function written(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${Number(value.toFixed(digits))}`;
}

/** The smallest of 1, 2 and 5 times a power of ten that is no smaller than `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power *
    ([1, 2, 5].find((times) => times * power >= step * (1 - 1e-9)) ?? 10);
}

/** Without what is left over of decimals in binary. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
