/** How long readers waited after faults, drawn: by what happened, and how many waits were how long. */
import type { Chart, Picture } from "../picture/chart.ts";
import { percentile } from "../statistics.ts";
import { gapRows, type Wait } from "./gaps.ts";

/** The picture of the longest wait of every fault. */
export function pictureOf(waits: readonly Wait[], note: string): Picture {
  return {
    title: "The longest wait of any reader after a fault",
    note,
    charts: waits.length === 0 ? [] : chartsOf(waits),
  };
}

function chartsOf(waits: readonly Wait[]): Chart[] {
  const all = waits.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const rows = [
    ...gapRows(waits),
    {
      kind: "all",
      faults: all.length,
      p50: percentile(all, 0.5),
      p95: percentile(all, 0.95),
      max: all.at(-1) ?? NaN,
    },
  ];
  return [
    {
      type: "bars",
      title: "By what happened",
      unit: "ms",
      groups: rows.map(({ kind, faults, p50, p95, max }) => ({
        name: `${kind} (${faults})`,
        bars: [{ name: "p50", value: p50 }, { name: "p95", value: p95 }, {
          name: "longest",
          value: max,
        }],
      })),
    },
    {
      type: "lines",
      title: "Faults after which nobody waited longer",
      along: "ms",
      unit: "% of all",
      series: [{
        name: "all",
        points: [
          [0, 0],
          ...all.map((wait, index) => [wait, 100 * (index + 1) / all.length] as const),
        ],
      }],
    },
  ];
}
