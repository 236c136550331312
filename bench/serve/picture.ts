/** What a server makes of many prompts, drawn: tokens a second and the time from token to token, over prompts at once. */
import type { Chart, Picture, Series } from "../picture/chart.ts";
import type { Judged } from "./report.ts";
import type { Result } from "./rounds.ts";

/** What `bench/out/serve.json` holds. */
export interface ServeResult {
  /** The machine in words. */
  readonly machine: string;
  readonly rounds: number;
  readonly tokens: number;
  /** By the group's name. */
  readonly groups: Readonly<
    Record<
      string,
      {
        readonly results: readonly Result[];
        readonly claims: readonly Judged[];
        readonly load: string;
      }
    >
  >;
}

/** The picture of a result. `titles` are those of its groups. */
export function pictureOf(
  { machine, rounds, tokens, groups }: ServeResult,
  titles: Readonly<Record<string, string>>,
): Picture {
  return {
    title: "Many prompts at once",
    note: `${machine}; answers of ${tokens} tokens, medians of ${rounds} ${rounds === 1 ? "round" : "rounds"}`,
    charts: Object.entries(groups).flatMap(([name, { results }]) => chartsOf(titles[name] ?? name, results)),
  };
}

function chartsOf(title: string, results: readonly Result[]): Chart[] {
  const swept = results.filter(({ column }) => /^\d+$/.test(column));
  const others = results.filter((result) => !swept.includes(result));
  const rates = lines(swept, ({ measures }) => measures.tokensPerSecond);
  const expected = lines(swept, ({ predicted = NaN }) => predicted).map((
    one,
  ) => ({
    ...one,
    name: `${one.name}, predicted`,
    dashed: true,
  }));
  const known = (series: readonly Series[]) =>
    series.filter(({ points }) => points.some(([, y]) => Number.isFinite(y)));
  const charts: Chart[] = [];
  if (new Set(swept.map(({ column }) => column)).size > 1) {
    const along = "prompts at once";
    const between = lines(swept, ({ measures }) => measures.between.p95);
    charts.push(
      {
        type: "lines",
        title,
        along,
        unit: "tokens a second",
        series: known([...rates, ...expected]),
      },
      {
        type: "lines",
        title,
        along,
        unit: "ms from token to token, p95",
        series: known(between),
      },
    );
  } else others.push(...swept);
  charts.push(...otherCharts(title, others));
  return charts;
}

/** A line a server, over how many prompts there are at once. */
function lines(
  results: readonly Result[],
  of: (result: Result) => number,
): Series[] {
  return [...new Set(results.map(({ row }) => row))].map((name) => ({
    name,
    points: results.filter(({ row }) => row === name).map((result) => [Number(result.column), of(result)] as const),
  }));
}

/** Loads that are no number of equal prompts: rates where there are some, else how long newcomers wait. */
function otherCharts(title: string, results: readonly Result[]): Chart[] {
  const bars = (unit: string, of: (result: Result) => number): Chart[] => {
    const known = results.filter((result) => Number.isFinite(of(result)));
    const groups = [...new Set(known.map(({ row }) => row))].map((name) => ({
      name,
      bars: known.filter(({ row }) => row === name).map((result) => ({
        name: result.column,
        value: of(result),
      })),
    }));
    return groups.length === 0 ? [] : [{ type: "bars", title, unit, groups }];
  };
  const rates = bars(
    "tokens a second",
    ({ measures }) => measures.tokensPerSecond,
  );
  return rates.length > 0 ? rates : bars(
    "ms to the first token, median",
    ({ measures }) => measures.ttft.p50,
  );
}
