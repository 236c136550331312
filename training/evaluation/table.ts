import type { Cell, Scores } from "./score.ts";

/**
 * Writes scores as a table for people: a line a family and number of hops, a column a redundancy; first the short answers,
 * then those that name the steps.
 */
export function renderScores({ cells, explained, stories, storyPerplexity, storyMentions }: Scores): string {
  const redundancies = [...new Set(cells.map(({ redundancy }) => redundancy))].sort((a, b) => a - b);
  const percent = (share: number) => `${(100 * share).toFixed(0)}%`;
  const columns = (write: (redundancy: number) => string, width: number) =>
    redundancies.map((redundancy) => write(redundancy).padStart(width)).join("");
  const lines = [...byRow(cells)].map(([key, row]) => {
    const accuracy = (from: readonly Cell[] | undefined) => (redundancy: number) => {
      const cell = from?.find((one) => one.redundancy === redundancy);
      return cell === undefined ? "" : percent(cell.accuracy);
    };
    const chance = percent(row[0]?.chance ?? 0).padStart(8);
    return `${key}${chance}${columns(accuracy(row), 12)}  |${columns(accuracy(byRow(explained).get(key)), 8)}`;
  });
  return [
    `family    hops  chance${columns((share) => `filler ${percent(share)}`, 12)}  |  and asked to explain`,
    ...lines,
    "",
    `stories: perplexity ${storyPerplexity.toFixed(3)}, ${
      percent(storyMentions)
    } of ${stories} mention all that was asked for`,
  ].join("\n");
}

/** Cells of one family and number of hops, under how a line of the table begins. */
function byRow(cells: readonly Cell[]): Map<string, Cell[]> {
  const rows = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = `${cell.family.padEnd(10)}${String(cell.hops).padStart(4)}`;
    rows.set(key, [...rows.get(key) ?? [], cell]);
  }
  return rows;
}
