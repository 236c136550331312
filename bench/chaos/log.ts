/** Everything that happened, a line an event, so that a long wait can be explained afterwards. */
import { createWriteStream, mkdirSync } from "node:fs";
import { dirname } from "node:path";

export interface Log {
  /** Notes something; `from` is d0, d1, … or "driver". */
  note(from: string, event: object): void;
  close(): Promise<void>;
}

/** Opens a log; times are milliseconds since `beganAt` of `performance.now`. */
export function openLog(path: string, beganAt: number): Log {
  mkdirSync(dirname(path), { recursive: true });
  const file = createWriteStream(path);
  return {
    note(from, event) {
      const ms = Math.round(performance.now() - beganAt);
      if (!file.writableEnded) file.write(`${JSON.stringify({ ms, from, ...event })}\n`);
    },
    close: () => new Promise((resolve) => file.end(() => resolve())),
  };
}

/** How often the driver looks whether it is served itself, and what counts as late. */
const [TICK_MILLISECONDS, LATE_MILLISECONDS] = [50, 150];

/**
 * Notes when the driver, which does next to nothing, did not get the processor: where that coincides with a long wait, the
 * machine was busy with something else. Returns what ends it, and gives the milliseconds it was late in all.
 */
export function noteLateness(log: Log): () => number {
  let [last, total] = [performance.now(), 0];
  const timer = setInterval(() => {
    const now = performance.now();
    const late = now - last - TICK_MILLISECONDS;
    last = now;
    if (late < LATE_MILLISECONDS) return;
    total += late;
    log.note("driver", { type: "late", milliseconds: Math.round(late) });
  }, TICK_MILLISECONDS);
  return () => {
    clearInterval(timer);
    return total;
  };
}
