/** A run, summed up. */
import { table } from "../../cli/table.ts";
import { type FaultGap, type GapRow, gapRows, type Wait } from "./gaps.ts";
import type { Leftovers } from "./leftovers.ts";
import type { MemoryRow } from "./memory.ts";
import type { ChaosOptions } from "./options.ts";
import type { ReadAnswer } from "./readers.ts";
import { type Verdict, VERDICTS } from "./verdict.ts";

export interface ChaosResult {
  readonly options: ChaosOptions;
  readonly minutes: number;
  /** How long the driver itself waited for the processor: the machine had other work. */
  readonly lateMilliseconds: number;
  readonly streams: number;
  /** Of a daemon that was ended itself: nobody could have gone on with them. */
  readonly excluded: number;
  readonly resumed: number;
  readonly tokens: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** How those of greedy answers differ from all. */
  readonly greedy: Readonly<Record<Verdict, number>>;
  readonly gaps: readonly GapRow[];
  /** The longest wait of every fault, for sums over runs. */
  readonly waits: readonly Wait[];
  readonly longest: readonly {
    readonly what: string;
    readonly atSeconds: number;
    readonly stream: number;
    readonly milliseconds: number;
  }[];
  readonly leftovers: Leftovers;
  /** Daemons that ended or did not come back, and processes that outlived the mesh. */
  readonly strays: readonly string[];
  readonly memory: readonly MemoryRow[];
}

/** What a run is summed up from. */
export interface Run extends
  Pick<
    ChaosResult,
    "options" | "minutes" | "lateMilliseconds" | "leftovers" | "strays" | "memory"
  > {
  readonly answers: readonly ReadAnswer[];
  readonly gaps: readonly FaultGap[];
  readonly beganAt: number;
}

/** Sums a run up. */
export function summarise(
  { answers, gaps, beganAt, ...rest }: Run,
): ChaosResult {
  const judged = answers.filter(({ excluded }) => !excluded);
  const waits = gaps.map(({ fault: { kind }, milliseconds }) => ({ kind, milliseconds }));
  return {
    ...rest,
    streams: answers.length,
    excluded: answers.length - judged.length,
    resumed: judged.filter(({ read }) => read.conversations > 1).length,
    tokens: judged.reduce((sum, { read }) => sum + read.tokens, 0),
    verdicts: count(judged),
    greedy: count(judged.filter(({ question }) => question.greedy)),
    gaps: gapRows(waits),
    waits,
    longest: [...gaps].sort((a, b) => b.milliseconds - a.milliseconds).slice(
      0,
      8,
    ).map((gap) => ({
      what: gap.fault.what,
      atSeconds: (gap.fault.at - beganAt) / 1000,
      stream: gap.stream ?? -1,
      milliseconds: gap.milliseconds,
    })),
  };
}

/** Whether every reader got what it should have, and nothing is left. */
export function isClean({ verdicts, leftovers, strays }: ChaosResult): boolean {
  const { answers, conversations, executors, places } = leftovers;
  return VERDICTS.every((verdict) => verdict === "identical" || verdicts[verdict] === 0) &&
    answers + conversations + executors + places === 0 && strays.length === 0;
}

/** A result for people. */
export function describe(result: ChaosResult): string {
  const { options, verdicts, greedy, leftovers } = result;
  const of = (
    name: string,
    counts: Readonly<Record<Verdict, number>>,
  ) => [name, ...VERDICTS.map((verdict) => `${counts[verdict]}`)];
  const milliseconds = (value: number) => value.toFixed(0);
  const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
  const lives = result.memory.filter(({ bytesPerMinute }) => bytesPerMinute !== undefined);
  return [
    `seed ${options.seed}, ${
      result.minutes.toFixed(1)
    } minutes, ${options.devices} devices: ${result.streams} streams, ` +
    `${result.excluded} of them of daemons that were ended; ${result.tokens} tokens, ${result.resumed} streams taken up again; ` +
    `the driver waited for the processor for ${(result.lateMilliseconds / 1000).toFixed(1)} s`,
    table(["answers", ...VERDICTS], [
      of("all", verdicts),
      of("greedy", greedy),
    ]),
    table(
      ["longest wait of any reader, ms", "faults", "p50", "p95", "max"],
      result.gaps.map((
        { kind, faults, p50, p95, max },
      ) => [kind, `${faults}`, ...[p50, p95, max].map(milliseconds)]),
    ),
    table(
      ["the longest of them", "after, s", "stream", "ms"],
      result.longest.map((
        { what, atSeconds, stream, milliseconds: wait },
      ) => [what, atSeconds.toFixed(1), `${stream}`, milliseconds(wait)]),
    ),
    table(
      [
        "device that lived a minute",
        "s",
        "MB at first",
        "MB at last",
        "MB a minute",
      ],
      lives.map((
        { device, seconds, startBytes, endBytes, bytesPerMinute = 0 },
      ) => [
        device,
        `${seconds}`,
        megabytes(startBytes),
        megabytes(endBytes),
        (bytesPerMinute / 2 ** 20).toFixed(1),
      ]),
    ),
    `left over: ${
      Object.entries(leftovers).map(([what, number]) => `${number} ${what}`)
        .join(", ")
    }`,
    ...result.strays,
  ].join("\n");
}

function count(answers: readonly ReadAnswer[]): Record<Verdict, number> {
  const counts = {
    identical: 0,
    lost: 0,
    doubled: 0,
    changed: 0,
    error: 0,
    hung: 0,
  };
  for (const { verdict } of answers) counts[verdict]++;
  return counts;
}
