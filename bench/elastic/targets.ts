/** The six targets of the paper's applications, and the levels of a prompt. */
import { PROMPT_SHARES } from "../../models/elastic.ts";

/** How fast an answer must be, as shares of what the whole model takes with the whole prompt. */
export interface Target {
  readonly name: string;
  /** Time to the first token. */
  readonly ttft: number;
  /** Time a token after it. */
  readonly tpot: number;
}

/** From the loosest to the tightest (ElastiLM, section 4.1). */
export const targets: readonly Target[] = [
  { name: "1 / 1", ttft: 1, tpot: 1 },
  { name: ".8 / .9", ttft: 0.8, tpot: 0.9 },
  { name: ".6 / .8", ttft: 0.6, tpot: 0.8 },
  { name: ".4 / .7", ttft: 0.4, tpot: 0.7 },
  { name: ".2 / .6", ttft: 0.2, tpot: 0.6 },
  { name: ".2 / .5", ttft: 0.2, tpot: 0.5 },
];

/** How much of the prompt is read, and by how much of the model. */
export interface Pair {
  /** Counted from 0: all of the prompt. */
  readonly promptLevel: number;
  /** Slices of a layer that run, 1 at least. */
  readonly level: number;
}

/** All pairs of a model with so many levels: of the same prompt level beside each other, the most of the model first. */
export function pairsOf(levels: number): Pair[] {
  return PROMPT_SHARES.flatMap((_, promptLevel) => {
    return Array.from(
      { length: levels },
      (_, index) => ({ promptLevel, level: levels - index }),
    );
  });
}
