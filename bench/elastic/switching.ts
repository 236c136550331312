/** What it takes to go from one level to another: the first step at another level than the last one's, against another step. */
import { seededRandom } from "../../training/generator/mod.ts";
import { median } from "../statistics.ts";
import { bootstrapMedian, type Interval } from "./bootstrap.ts";
import { readPrompt, stepOnce } from "./measure.ts";
import type { Runnable } from "./open-model.ts";

/** From a level to another and back. */
export interface Switching {
  readonly from: number;
  readonly to: number;
  /** Milliseconds of a step at the second level whose last one was at it too, of another sequence. */
  readonly step: number;
  /** Milliseconds that a step takes more where the last one was at the first level: the median of differences. */
  readonly more: Interval;
  /** Milliseconds to the first token of a prompt of `PROMPT` tokens at the second level. */
  readonly ttft: number;
}

/** Tokens of the prompt that switching is a share of. */
export const PROMPT = 128;

/** Two sequences a level, so that a switch of levels is told from one of sequences. Slots 0 to 4 are used. */
export async function measureSwitching(from: Runnable, to: Runnable, times: number): Promise<Switching> {
  const levels = [from, to];
  for (let slot = 0; slot < 4; slot++) {
    for (let position = 0; position < 16; position++) await step(levels[slot >> 1] ?? from, position, slot);
  }
  const [differences, steady, prompts]: number[][] = [[], [], []];
  for (let time = 0; time < times; time++) {
    const position = 16 + time % 64;
    for (const first of [0, 2]) {
      // In turns, so that no slot is always the one after a switch.
      const [one, other] = time % 2 === 0 ? [first, first + 1] : [first + 1, first];
      const level = levels[first >> 1] ?? from;
      const switched = await step(level, position, one ?? 0);
      const same = await step(level, position, other ?? 0);
      if (first === 0) continue;
      differences?.push(switched - same);
      steady?.push(same);
    }
    if (time % 16 === 0) {
      prompts?.push(await readPrompt(to, PROMPT, 4));
      await step(from, position, 0);
    }
  }
  return {
    from: from.level ?? 1,
    to: to.level ?? 1,
    step: median(steady ?? []),
    more: bootstrapMedian(differences ?? [], { random: seededRandom(1) }),
    ttft: median(prompts ?? []),
  };
}

async function step(runnable: Runnable, position: number, slot: number): Promise<number> {
  const began = runnable.model.now();
  await stepOnce(runnable, position, slot);
  return runnable.model.now() - began;
}
