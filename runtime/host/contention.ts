/** How much other programs need this machine: what they wait for memory, and what they take of the processor. */
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import process from "node:process";
import { findDaemons } from "./daemons.ts";

/** A reading; what the machine does not tell is absent. */
export interface ContentionReading {
  /** Part of the last ten seconds, 0 to 1, in which some program waited for memory; Linux alone tells. */
  readonly memoryStalls?: number;
  /** Part of all processors' time, 0 to 1, since the reading before, that programs took which are no daemons of Skein. */
  readonly othersBusy?: number;
}

/** Processor time since the machine began, in milliseconds; of all programs and of Skein's. */
interface Usage {
  readonly all: number;
  readonly busy: number;
  /** By process. */
  readonly own: ReadonlyMap<number, number>;
}

/** Makes a meter; the first reading has nothing to compare with and tells of memory alone. */
export function contentionMeter(): () => Promise<ContentionReading> {
  let before: Usage | undefined;
  return async () => {
    const [now, memoryStalls] = [await readUsage(), await readMemoryStalls()];
    const othersBusy = before === undefined ? undefined : othersBetween(before, now);
    before = now;
    return {
      ...(memoryStalls === undefined ? {} : { memoryStalls }),
      ...(othersBusy === undefined ? {} : { othersBusy }),
    };
  };
}

/** The part of the processor that programs other than Skein took between two readings. */
function othersBetween(before: Usage, now: Usage): number | undefined {
  const all = now.all - before.all;
  // Some systems do not tell, and a clock that was set back tells nonsense.
  if (all <= 0) return undefined;
  let own = 0;
  // A daemon that has come meanwhile took what it took since then.
  for (const [pid, milliseconds] of now.own) own += milliseconds - (before.own.get(pid) ?? 0);
  return Math.min(1, Math.max(0, now.busy - before.busy - own) / all);
}

async function readUsage(): Promise<Usage> {
  const { user, system } = process.cpuUsage();
  const own = new Map([[process.pid, (user + system) / 1000]]);
  // Daemons on one machine would yield to each other.
  for (const { pid } of await findDaemons()) {
    const milliseconds = pid === process.pid ? undefined : await readProcess(pid);
    if (milliseconds !== undefined) own.set(pid, milliseconds);
  }
  return { ...await readProcessors(), own };
}

/** A tick of Linux's accounting, which is 10 ms wherever people run it. */
const TICK_MILLISECONDS = 10;

async function readProcessors(): Promise<Pick<Usage, "all" | "busy">> {
  const line = (await text("/proc/stat"))?.match(/^cpu +([\d ]+)$/m)?.[1];
  if (line !== undefined) {
    // user, nice, system, idle, iowait, irq, softirq, steal; guests count as user already.
    const ticks = line.trim().split(" ").slice(0, 8).map(Number);
    const all = sum(ticks) * TICK_MILLISECONDS;
    return { all, busy: all - ((ticks[3] ?? 0) + (ticks[4] ?? 0)) * TICK_MILLISECONDS };
  }
  const times = cpus().map(({ times }) => times);
  const idle = sum(times.map((time) => time.idle));
  const busy = sum(times.map(({ user, nice, sys, irq }) => user + nice + sys + irq));
  return { all: busy + idle, busy };
}

async function readProcess(pid: number): Promise<number | undefined> {
  const stat = await text(`/proc/${pid}/stat`);
  // The name, in brackets, may hold spaces; the 14th and 15th fields are user and system time.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields?.[11]) + Number(fields?.[12]);
  return Number.isFinite(ticks) ? ticks * TICK_MILLISECONDS : undefined;
}

async function readMemoryStalls(): Promise<number | undefined> {
  const average = (await text("/proc/pressure/memory"))?.match(/^some avg10=([\d.]+)/m)?.[1];
  return average === undefined ? undefined : Number(average) / 100;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

async function text(path: string): Promise<string | undefined> {
  return await readFile(path, "utf8").catch(() => undefined);
}
