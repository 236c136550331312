/** Memory of the daemons over time, by the lives of their processes. */
import { readFile } from "node:fs/promises";
import { slope } from "../statistics.ts";

/** How often it is read. */
const EVERY_MILLISECONDS = 2000;
/** A life shorter than this says nothing of growth: a process fills its caches first. */
const WARM_MILLISECONDS = 30_000;

export interface MemoryRow {
  readonly device: string;
  readonly pid: number;
  readonly seconds: number;
  readonly startBytes: number;
  readonly endBytes: number;
  /** Growth after its first half minute, by least squares; undefined where it did not live for a minute. */
  readonly bytesPerMinute: number | undefined;
}

/** Watches processes until stopped. */
export class MemoryWatch {
  readonly #samples = new Map<
    number,
    { device: string; points: [number, number][] }
  >();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(
    processes: () => readonly {
      readonly device: string;
      readonly pid: number;
    }[],
  ) {
    this.#timer = setInterval(() => {
      for (const { device, pid } of processes()) void this.#sample(device, pid);
    }, EVERY_MILLISECONDS);
  }

  stop(): MemoryRow[] {
    clearInterval(this.#timer);
    return [...this.#samples].map(([pid, { device, points }]): MemoryRow => {
      const [[began, startBytes] = [0, 0], [ended, endBytes] = [0, 0]] = [
        points[0],
        points.at(-1),
      ];
      const warm = points.filter(([at]) => at - began > WARM_MILLISECONDS);
      const long = ended - began > 2 * WARM_MILLISECONDS;
      return {
        device,
        pid,
        seconds: Math.round((ended - began) / 1000),
        startBytes,
        endBytes,
        bytesPerMinute: long ? slope(warm) * 60_000 : undefined,
      };
    });
  }

  async #sample(device: string, pid: number): Promise<void> {
    try {
      const status = await readFile(`/proc/${pid}/status`, "utf8");
      const bytes = Number(status.match(/VmRSS:\s+(\d+) kB/)?.[1]) * 1024;
      const kept = this.#samples.get(pid) ?? { device, points: [] };
      if (Number.isFinite(bytes)) kept.points.push([performance.now(), bytes]);
      this.#samples.set(pid, kept);
    } catch {
      // It has ended.
    }
  }
}
