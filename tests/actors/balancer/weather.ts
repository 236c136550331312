/** How devices' speeds vary: drawn, so that a day is the same at every run. */

import type { Weather } from "./simulated-days.ts";

/** A generator of numbers in [0, 1): mulberry32. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Factors of a lognormal distribution around 1. */
export function lognormal(sigma: number, draw: () => number): () => number {
  return () => Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw()));
}

/**
 * A device's slowness, window by window: stumbles by `factor` for one or two windows, ten seconds at most, about one in
 * `every` windows, and half a minute apart at least. What comes closer is no noise any more.
 */
export function stumbles(factor: number, every: number, draw: () => number): () => number {
  const apart = 6;
  let left = 0;
  return () => {
    if (left <= -apart && draw() < 1 / every) left = draw() < 0.5 ? 1 : 2;
    return left-- > 0 ? factor : 1;
  };
}

/** Devices that vary by 15% from step to step and 5% from window to window, and stumble now and then. */
export function noise(seed: number): Weather {
  const draw = random(seed);
  const drift = lognormal(0.05, draw);
  const stumble = Object.fromEntries(["a", "b", "c"].map((device) => [device, stumbles(2.5, 120, draw)]));
  return { window: (device) => (stumble[device]?.() ?? 1) * drift(), step: lognormal(0.15, draw) };
}
