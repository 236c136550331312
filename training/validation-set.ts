/** The held-out tasks and stories that the built-in model is scored on. */
import { families, seededRandom, type Story, type Task, writeStory, writeTask } from "./generator/mod.ts";

export interface ValidationOptions {
  /** Default 77. */
  readonly seed?: number;
  /** Tasks a family, number of hops and redundancy. Default 25. */
  readonly perSetting?: number;
  /** Ask for the steps as well. Default false. */
  readonly explain?: boolean;
  /** Default 100. */
  readonly stories?: number;
}

/** The settings of the two knobs. */
export const hopSettings: readonly number[] = [1, 2, 3];
export const redundancySettings: readonly number[] = [0, 0.4, 0.8];

/** Returns the same set for the same options. */
export function validationSet({ seed = 77, perSetting = 25, explain = false, stories = 100 }: ValidationOptions = {}): {
  readonly tasks: readonly Task[];
  readonly stories: readonly Story[];
} {
  const random = seededRandom(seed);
  const tasks: Task[] = [];
  for (const family of families) {
    for (const hops of hopSettings) {
      for (const redundancy of redundancySettings) {
        for (let i = 0; i < perSetting; i++) {
          tasks.push(writeTask(family, { random, split: "heldout", hops, redundancy, explain }));
        }
      }
    }
  }
  return { tasks, stories: Array.from({ length: stories }, () => writeStory({ random, split: "heldout" })) };
}
