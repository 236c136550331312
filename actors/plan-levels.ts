/** What the levels of an elastic model take on a plan, as it travels with it: see `plans/levels.ts`. */
import * as v from "valibot";
import { Count, Milliseconds } from "./wire.ts";

/** As many slices as a layer may have. */
const MAX_LEVELS = 64;

const LevelTimes = v.object({
  level: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_LEVELS)),
  weightBytes: Count,
  computeMilliseconds: Milliseconds,
  slowestMilliseconds: Milliseconds,
  firstMilliseconds: Milliseconds,
  tokenMilliseconds: Milliseconds,
  laterTokenMilliseconds: Milliseconds,
});

/** Every level once, from the least to the whole. */
export const PlanLevels = v.object({
  stages: v.pipe(Count, v.minValue(1), v.maxValue(1024)),
  linkMilliseconds: Milliseconds,
  stepFactors: v.pipe(v.array(v.pipe(v.number(), v.minValue(1), v.maxValue(MAX_LEVELS))), v.length(5), v.readonly()),
  levels: v.pipe(
    v.array(LevelTimes),
    v.minLength(1),
    v.maxLength(MAX_LEVELS),
    v.check((levels) => levels.every(({ level }, at) => level === at + 1), "levels come in order, each once"),
    v.readonly(),
  ),
});
export type PlanLevels = v.InferOutput<typeof PlanLevels>;
