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
