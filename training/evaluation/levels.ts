/** Scores of the levels of an elastic model. */
import { validationSet } from "../validation-set.ts";
import { openPipeline } from "./pipeline.ts";
import { type Cell, type Scores, scoreStories, scoreTasks } from "./score.ts";

/** What a level gets right: short answers, and the stories as in `Scores`. */
export interface LevelScores extends Pick<Scores, "stories" | "storyPerplexity" | "storyMentions"> {
  readonly level: number;
  readonly cells: readonly Cell[];
}

export interface LevelOptions {
  readonly seed: number;
  /** Tasks a family, number of hops and redundancy. */
  readonly perSetting: number;
  readonly stories: number;
  readonly threads: number;
}

/** Scores levels of the model at `path`. No other pipeline may be open: computes share the thread. */
export async function scoreLevels(
  path: string,
  levels: readonly number[],
  { threads, ...set }: LevelOptions,
): Promise<LevelScores[]> {
  const { tasks, stories } = validationSet(set);
  const scores: LevelScores[] = [];
  for (const level of levels) {
    await using pipeline = await openPipeline(path, { threads, level });
    scores.push({ level, cells: await scoreTasks(pipeline, tasks), ...await scoreStories(pipeline, stories) });
  }
  return scores;
}

/** Writes a line a level: the share of right answers of all, of each family, of each number of hops, then the stories. */
export function renderLevels(scores: readonly LevelScores[]): string {
  const cells = scores[0]?.cells ?? [];
  const families = [...new Set(cells.map(({ family }) => family))];
  const hops = [...new Set(cells.map((cell) => cell.hops))];
  const percent = (share: number) => `${(100 * share).toFixed(0)}%`.padStart(10);
  return [
    ["level", ...["all", ...families, ...hops.map((count) => `${count} hops`), "stories"].map((it) => it.padStart(10))],
    ...scores.map(({ level, cells, storyPerplexity }) => [
      `${level}`.padEnd(5),
      percent(mean(cells)),
      ...families.map((family) => percent(mean(cells.filter((cell) => cell.family === family)))),
      ...hops.map((count) => percent(mean(cells.filter((cell) => cell.hops === count)))),
      storyPerplexity.toFixed(3).padStart(10),
    ]),
  ].map((line) => line.join("")).join("\n");
}

/** The mean accuracy of cells, which have equally many tasks. */
function mean(cells: readonly Cell[]): number {
  return cells.reduce((sum, { accuracy }) => sum + accuracy, 0) / cells.length;
}
