/** The held-out prompts of the evaluation: those to tune on and those to judge by are drawn apart. */
import type { Task } from "../../training/generator/mod.ts";
import { validationSet } from "../../training/validation-set.ts";
import type { Case } from "./case.ts";

const seeds: Readonly<Record<Case["set"], number>> = {
  validation: 4101,
  test: 4202,
};

/** So many prompts of each family, number of hops and redundancy, the settings in turns: any beginning has all of them. */
export function promptsOf(set: Case["set"], perSetting: number): Task[] {
  const { tasks } = validationSet({ seed: seeds[set], perSetting, stories: 0 });
  const settings = tasks.length / perSetting;
  return Array.from({ length: tasks.length }, (_, index) => {
    const [turn, setting] = [Math.floor(index / settings), index % settings];
    const task = tasks[setting * perSetting + turn];
    if (task === undefined) {
      throw new RangeError(`There is no prompt ${index}.`);
    }
    return task;
  });
}
