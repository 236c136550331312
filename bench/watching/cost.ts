/** What watching costs, by the processor time of the daemons: on a machine that does other things too it says more than clocks. */
import { type ThreadKind, threadKinds, type ThreadTimes } from "../decode/threads.ts";
import type { Picture } from "../picture/chart.ts";
import { median } from "../statistics.ts";

/** One answer, by the token: milliseconds by the clock, and of processors. */
export interface Watched {
  readonly token: number;
  readonly threads: ThreadTimes;
}

export interface Cost extends Watched {
  /** Milliseconds of processor time that a token takes more, the threads that compute left out. */
  readonly added: number;
  /** The same as a part of the token's time with nobody watching. */
  readonly share: number;
}

/** Threads that run the blocks: what they take varies by more than watching costs, and watching is none of their business. */
const COMPUTE: ThreadKind = "workers";

/** Medians of answers, and what they take more than those that nobody watched. */
export function costOf(answers: readonly Watched[], unwatched: readonly Watched[]): Cost {
  const [watched, base] = [medianOf(answers), medianOf(unwatched)];
  const added = beside(watched.threads) - beside(base.threads);
  return { ...watched, added, share: added / base.token };
}

/** Milliseconds of all threads. */
export function processorOf(threads: ThreadTimes): number {
  return threadKinds.reduce((sum, kind) => sum + threads[kind], 0);
}

function beside(threads: ThreadTimes): number {
  return processorOf(threads) - threads[COMPUTE];
}

function medianOf(answers: readonly Watched[]): Watched {
  const of = (kind: ThreadKind) => median(answers.map(({ threads }) => threads[kind]));
  return {
    token: median(answers.map(({ token }) => token)),
    threads: { main: of("main"), workers: of("workers"), V8: of("V8"), "I/O": of("I/O"), other: of("other") },
  };
}

/** The picture of what was measured. */
export function pictureOf(
  { machine, devices, tokens, rounds, rows }: {
    readonly machine: string;
    readonly devices: number;
    readonly tokens: number;
    readonly rounds: number;
    readonly rows: readonly (Cost & { readonly name: string })[];
  },
): Picture {
  return {
    title: "What watching costs",
    note: `${machine}; ${devices} devices, medians of ${rounds} answers of ${tokens} tokens`,
    charts: [
      {
        type: "bars",
        title: "Processor time of all daemons, without the threads that compute",
        unit: "ms a token",
        groups: rows.map(({ name, threads }) => ({
          name,
          bars: threadKinds.filter((kind) => kind !== COMPUTE).map((kind) => ({ name: kind, value: threads[kind] })),
        })),
      },
      {
        type: "bars",
        title: "By the clock",
        unit: "ms a token",
        groups: rows.map(({ name, token }) => ({ name, bars: [{ name: "a token", value: token }] })),
      },
    ],
  };
}
