/** Where chains may start, and what starting and coming back there costs. */
import { at } from "../weights.ts";
import type { ClassWeights } from "./classes.ts";

/** Where chains may start, what that costs, and what the way back costs from each class, [C] each. */
export interface Entrance {
  readonly firsts: readonly number[];
  /** Entering and the least way back. */
  readonly entry: Float64Array;
  /** What the way back costs beyond that, whichever of the first classes it leads to. */
  readonly back: Float64Array;
}

/**
 * The way back costs a first class's least way back and the rest. With access delays that add up, the rest is the same
 * for all first classes of a site, so that one relaxation serves them all.
 */
export function entranceOf({ devices: C, entry, back }: ClassWeights, firsts: readonly number[]): Entrance {
  const least = new Float64Array(C);
  for (const first of firsts) {
    let way = Infinity;
    for (let last = 0; last < C; last++) way = Math.min(way, at(back, last * C + first));
    least[first] = way;
  }
  return {
    firsts,
    entry: entry.map((cost, first) => cost + at(least, first)),
    back: Float64Array.from({ length: C }, (_, last) => {
      let way = Infinity;
      for (const first of firsts) {
        if (at(least, first) < Infinity) way = Math.min(way, at(back, last * C + first) - at(least, first));
      }
      return way;
    }),
  };
}
