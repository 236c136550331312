/** A simulated clock for many scenes at once: all timers of a time fire together, then what they led to happens. */
import type { Clock } from "../../runtime/clock.ts";

export interface SharedClock extends Clock {
  /** Moves time on. */
  advance(milliseconds: number): Promise<void>;
}

/** Rounds of the event loop after each time at which something is due. What takes more happens a little later. */
const ROUNDS = 8;

/** Makes a clock that stands at 0. Times are rounded up to whole milliseconds, so that there are few. */
export function sharedClock(): SharedClock {
  let time = 0;
  const due = new Map<number, Set<() => void>>();
  return {
    now: () => time,
    after(milliseconds, action) {
      const at = time + Math.max(0, Math.ceil(milliseconds));
      const actions = due.get(at) ?? new Set();
      // An action of its own, so that one function can wait twice.
      const own = () => action();
      due.set(at, actions.add(own));
      return () => void actions.delete(own);
    },
    async advance(milliseconds) {
      const end = time + milliseconds;
      await settle();
      for (;;) {
        const at = earliest(due, end);
        if (at === undefined) break;
        time = at;
        const actions = due.get(at) ?? new Set();
        due.delete(at);
        for (const action of actions) action();
        if (actions.size > 0) await settle();
      }
      time = end;
    },
  };
}

function earliest(due: ReadonlyMap<number, unknown>, end: number): number | undefined {
  let least: number | undefined;
  for (const at of due.keys()) if (at <= end && (least === undefined || at < least)) least = at;
  return least;
}

async function settle(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await new Promise((resolve) => setImmediate(resolve));
}
