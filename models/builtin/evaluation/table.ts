import type { Cell, Scores } from "./score.ts";

/** Writes scores as a table for people: a line a family and number of hops, a column a redundancy. */
export function renderScores({ cells, stories, storyPerplexity, storyMentions }: Scores): string {
  const redundancies = [...new Set(cells.map(({ redundancy }) => redundancy))].sort((a, b) => a - b);
  const rows = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = `${cell.family.padEnd(10)}${String(cell.hops).padStart(4)}`;
    rows.set(key, [...rows.get(key) ?? [], cell]);
  }
  const percent = (share: number) => `${(100 * share).toFixed(0)}%`;
  const head = ["family    hops  chance", ...redundancies.map((share) => `filler ${percent(share)}`.padStart(12))].join(
    "",
  );
  const lines = [...rows].map(([key, row]) => {
    const accuracies = redundancies.map((share) => {
      const cell = row.find(({ redundancy }) => redundancy === share);
      return (cell === undefined ? "" : percent(cell.accuracy)).padStart(12);
    });
    return `${key}${percent(row[0]?.chance ?? 0).padStart(8)}${accuracies.join("")}`;
  });
  return [
    head,
    ...lines,
    "",
    `stories: perplexity ${storyPerplexity.toFixed(3)}, ${
      percent(storyMentions)
    } of ${stories} mention all that was asked for`,
  ].join("\n");
}
