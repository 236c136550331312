/** Time, passed in so that tests need no sleep. */
export interface Clock {
  /** Milliseconds that only ever grow; the origin means nothing. */
  now(): number;
  /** Runs `action` once after `milliseconds`; the returned function cancels it. */
  after(milliseconds: number, action: () => void): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Runs `action` every `milliseconds` until the returned function is called. */
export function every(clock: Clock, milliseconds: number, action: () => void): () => void {
  let cancel = clock.after(milliseconds, tick);
  function tick(): void {
    cancel = clock.after(milliseconds, tick);
    action();
  }
  return () => cancel();
}

/** Resolves to whether the promise settled in time, and rejects as it does if it did; afterwards nobody hears of it. */
export async function within(clock: Clock, milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const cancel = clock.after(milliseconds, () => resolve(false));
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    cancel();
  }
}

/** A clock that stands still until told to move. Timers fire in order of their time, then of their making. */
export interface SimulatedClock extends Clock {
  /** Moves time on and fires what falls due; awaits between timers so that promises settle as they would in real life. */
  advance(milliseconds: number): Promise<void>;
  /** When the next timer falls due; undefined where none waits. */
  nextDue(): number | undefined;
}

/** Makes a clock for tests, starting at 0. */
export function simulatedClock(): SimulatedClock {
  let time = 0;
  let made = 0;
  const timers = new Map<number, { readonly due: number; readonly action: () => void }>();
  return {
    now: () => time,
    after(milliseconds, action) {
      const id = made++;
      timers.set(id, { due: time + Math.max(0, milliseconds), action });
      return () => void timers.delete(id);
    },
    async advance(milliseconds) {
      const end = time + milliseconds;
      for (;;) {
        await settle();
        const next = [...timers].filter(([, timer]) =>
          timer.due <= end
        ).sort(([a, x], [b, y]) => x.due - y.due || a - b)[0];
        if (next === undefined) break;
        timers.delete(next[0]);
        time = next[1].due;
        next[1].action();
      }
      time = end;
      await settle();
    },
    nextDue: () => timers.size === 0 ? undefined : Math.min(...[...timers.values()].map(({ due }) => due)),
  };
}

/** Rounds of the event loop between two timers: an actor's turn takes one, so this many actors can pass a message on. */
const ROUNDS = 32;

/**
 * Lets what is due without time passing happen: promises that are resolved, turns of actors, files that were read. The
 * rounds are counted, not timed, so that a busy machine does not let simulated time pass before the work is done.
 */
async function settle(): Promise<void> {
  for (let n = 0; n < ROUNDS; n++) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setTimeout(resolve, 0));
}
