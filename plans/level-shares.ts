/** The share of its whole time that a sliced layer takes at each level, from what has been measured of some of them. Pure. */
import { rising } from "./rising.ts";

interface Known {
  readonly level: number;
  readonly share: number;
}

/**
 * Shares of levels 1 to `levels`; the last is 1. Without measurements they are those of the weights. What has not been measured
 * lies on the line through its two neighbours that have, the whole among them; a higher level never takes less.
 *
 * @param measured by level; what is not known is left out
 */
export function levelShares(levels: number, measured: ReadonlyMap<number, number>): number[] {
  const known = [...measured].filter(([level]) => level >= 1 && level < levels)
    .map(([level, share]) => ({ level, share }))
    .sort((a, b) => a.level - b.level);
  const all = [...known, { level: levels, share: 1 }];
  const shares = Array.from({ length: levels }, (_, index) => {
    const level = index + 1;
    if (known.length === 0) return level / levels;
    const above = all.findIndex((each) => each.level >= level);
    // Below the least that has been measured its line to the next one goes on.
    const [low, high] = [all[Math.max(0, above - 1)], all[Math.max(1, above)]] as [Known, Known];
    const share = low.share + (high.share - low.share) * (level - low.level) / (high.level - low.level);
    return measured.get(level) ?? Math.min(1, Math.max(level / levels, share));
  });
  return rising(shares.with(-1, 1), shares.map(() => 1)).map((share) => Math.min(1, share));
}
