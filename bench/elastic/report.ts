/** The results as tables for people, and drawn. */
import type { Bars, Picture } from "../picture/chart.ts";
import { PROMPT_SHARES } from "../../models/elastic.ts";
import type { Interval } from "./bootstrap.ts";
import { clockOf, medianRound, type Times } from "./clock.ts";
import type { Score } from "./evaluate.ts";
import type { Case } from "./case.ts";
import type { MeshResult } from "./mesh.ts";
import type { MeshLevel } from "./mesh-levels.ts";
import type { StepsResult } from "./parts.ts";
import { targets } from "./targets.ts";

/** What `bench/out/elastic.json` holds; parts that were never run are missing. */
export interface ElasticResult {
  readonly machine: string;
  readonly model: string;
  /** What times were told by. */
  readonly clock: "wall" | "processor";
  readonly prompts?: { readonly test: number; readonly validation: number };
  /** Share of right answers by prompt level, then by the model's: of the test prompts. */
  readonly accuracy?: readonly (readonly number[])[];
  readonly times?: Readonly<Record<string, Times>>;
  readonly layers?: readonly (readonly number[])[];
  readonly scores?: readonly Score[];
  readonly steps?: readonly StepsResult[];
  readonly mesh?: MeshResult;
}

/** Share of right answers at each pair. */
export function accuracyOf(cases: readonly Case[]): number[][] {
  const test = cases.filter(({ set }) => set === "test");
  return (test[0]?.right ?? []).map((levels, promptLevel) => {
    return levels.map((_, level) => test.filter(({ right }) => right[promptLevel]?.[level]).length / test.length);
  });
}

/** All parts that there are, as Markdown. */
export function tablesOf({ accuracy, times, scores, steps, mesh }: ElasticResult): string {
  return [
    ...accuracy === undefined ? [] : [accuracyTable(accuracy)],
    ...times === undefined ? [] : [timesTable(times)],
    ...scores === undefined ? [] : [scoresTable(scores), targetsTable(scores)],
    ...(steps ?? []).flatMap((one) => [
      proportionTable(one),
      ...one.mesh === undefined ? [] : [meshLevelsTable(one.mesh)],
      switchingTable(one),
      memoryTable(one),
    ]),
    ...mesh === undefined ? [] : [meshTable(mesh)],
  ].join("\n\n");
}

function accuracyTable(accuracy: readonly (readonly number[])[]): string {
  const levels = accuracy[0]?.map((_, index) => `level ${index + 1}`) ?? [];
  const rows = accuracy.map((row, at) => [percent(PROMPT_SHARES[at] ?? NaN), ...row.map(percent)]);
  return titled("Right answers, all test prompts", ["of the prompt", ...levels], rows);
}

function timesTable(times: Readonly<Record<string, Times>>): string {
  const lengths = [32, 128, 384];
  const rows = Object.entries(times).flatMap(([name, { lengths: measured, rounds }]) => {
    const clock = clockOf(measured, medianRound(rounds));
    const levels = Array.from({ length: clock.levels }, (_, index) => index + 1);
    return levels.map((level) => {
      const ttft = lengths.map((tokens) => milliseconds(clock.prefill(tokens, level)));
      const whole = clock.prefill(128, clock.levels);
      return [
        `${name}, level ${level}`,
        ...ttft,
        percent(clock.prefill(128, level) / whole),
        milliseconds(clock.decode(level)),
        percent(clock.decode(level) / clock.decode(clock.levels)),
        lengths.map((tokens) => percent(clock.choose(tokens) / clock.prefill(tokens, level))).join(" "),
      ];
    });
  });
  const head = [...lengths.map((tokens) => `TTFT, ${tokens} tokens`), "of the whole", "TPOT", "of the whole"];
  return titled("Times, medians", ["", ...head, "chooser as a share of TTFT"], rows);
}

function scoresTable(scores: readonly Score[]): string {
  const rows = scores.map(({ policy, skew, good, behind, right, late, lateAlone, lateQueued, p95, choosing }) => [
    policy,
    `${skew}`,
    interval(good),
    interval(behind),
    percent(right),
    percent(late),
    percent(lateAlone),
    p95.toFixed(2),
    percent(lateQueued),
    percent(choosing),
  ]);
  const head = ["right and in time", "Skein's is better by", "right", "late as planned", "late", "p95 of time / limit"];
  return titled("Policies", ["policy", "skew", ...head, "late after a queue", "choosing / TTFT"], rows);
}

function targetsTable(scores: readonly Score[]): string {
  const rows = scores.filter(({ skew }) => skew === 0)
    .map(({ policy, byTarget }) => [policy, ...byTarget.map(percent)]);
  return titled("Right and in time, by target (TTFT / TPOT)", ["policy", ...targets.map(({ name }) => name)], rows);
}

function proportionTable({ name, proportions: { levels, whole } }: StepsResult): string {
  const rows = levels.map(({ level, share, tpot, expected, ratio }) => [
    `${level}`,
    percent(share),
    milliseconds(tpot),
    milliseconds(expected),
    ratio.toFixed(2),
  ]);
  const title = `Proportion, ${name}${whole === undefined ? "" : `; whole / unsliced: ${whole.toFixed(3)}`}`;
  return titled(title, ["level", "of the layers", "TPOT", "sum of its slices", "ratio"], rows);
}

function meshLevelsTable(levels: readonly MeshLevel[]): string {
  const rows = levels.map(({ level, answers, tpot, expected }) => [
    `${level}`,
    `${answers}`,
    milliseconds(tpot),
    milliseconds(expected),
    (tpot / expected).toFixed(2),
  ]);
  const head = ["level", "answers", "TPOT", "the whole less what is saved on one device", "ratio"];
  return titled("Proportion on three local daemons", head, rows);
}

function switchingTable({ name, switching }: StepsResult): string {
  const rows = switching.map(({ from, to, step, more, ttft }) => [
    `${from} to ${to}`,
    milliseconds(step),
    `${milliseconds(more.value)} (${milliseconds(more.low)} to ${milliseconds(more.high)})`,
    `${(100 * more.value / ttft).toFixed(2)}%`,
    `${(100 * more.high / ttft).toFixed(2)}%`,
  ]);
  const head = ["levels", "a step", "longer after a switch", "of a TTFT of 128 tokens", "at most"];
  return titled(`Switching, ${name}`, head, rows);
}

function memoryTable({ name, memory }: StepsResult): string {
  const used = ({ before, after }: { readonly before: number; readonly after: number }) => (after - before) / 1e6;
  const plain = used(memory.plain);
  const rows =
    ([["all levels", memory.all], ["the highest only", memory.highest], ["without slices", memory.plain]] as const)
      .map(([what, use]) => [what, `${used(use).toFixed(1)} MB`, (used(use) / plain).toFixed(2)]);
  return titled(`Memory, ${name}`, ["", "anonymous memory", "of the unsliced model"], rows);
}

function meshTable({ rows }: MeshResult): string {
  return titled(
    "Three daemons, one slowed; targets in milliseconds",
    ["", "requests", "targets met", "TTFT met", "TPOT met", "right and in time", "right", "p95 of time / limit"],
    rows.map(({ name, requests, met, ttft, tpot, good, right, p95 }) => [
      name,
      `${requests}`,
      ...[met, ttft, tpot, good, right].map(percent),
      p95.toFixed(2),
    ]),
  );
}

/** The scores without skew, and the proportion of levels. */
export function pictureOf({ machine, scores = [], steps = [] }: ElasticResult): Picture {
  const even = scores.filter(({ skew }) => skew === 0);
  const charts: Bars[] = [
    {
      type: "bars",
      title: "Right and in time, all targets alike",
      unit: "% of requests",
      groups: even.map(({ policy, good }) => ({ name: policy, bars: [{ name: "policy", value: 100 * good.value }] })),
    },
    ...steps.map(({ name, proportions }): Bars => ({
      type: "bars",
      title: `Levels, ${name}`,
      unit: "ms a token",
      groups: proportions.levels.map(({ level, tpot, expected }) => ({
        name: `level ${level}`,
        bars: [{ name: "measured", value: tpot }, { name: "sum of its slices", value: expected }],
      })),
    })),
  ];
  return { title: "Answers at levels", note: machine, charts: charts.filter(({ groups }) => groups.length > 0) };
}

function titled(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [`${title}:\n`, line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function interval({ value, low, high }: Interval): string {
  return `${(100 * value).toFixed(1)} (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)}%`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(2)} ms`;
}
