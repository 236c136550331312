import { HEARD_LATELY, ROUND_TRIP_INTERVAL, ROUND_TRIP_WINDOW, SILENCE_LIMIT } from "./limits.ts";

/** The pulse of one peer: when it was last heard, and how long a heartbeat takes there and back. */
export interface Pulse {
  /** Anything came from the peer. */
  heard(now: number): void;
  /** This device itself did not listen for so many milliseconds: they do not count as the peer's silence. */
  excuse(milliseconds: number): void;
  /** Unless the peer is heard within so many milliseconds, it counts as silent. */
  doubt(now: number, milliseconds: number): void;
  /** Whether the peer has been silent for too long. */
  silent(now: number): boolean;
  /** Whether a ping is of use: the peer has not been heard lately, or the round trip not been measured for a while. */
  due(now: number): boolean;
  /** Gives the number of the next ping. */
  ping(now: number): number;
  /** A pong came; unknown numbers are ignored. */
  pong(number: number, now: number): void;
  /** Median of the latest round trips in milliseconds, or undefined before the first. */
  roundTripMs(): number | undefined;
}

/** Makes a pulse that starts at `now`. */
export function createPulse(now: number): Pulse {
  let last = now;
  let next = 0;
  let pinged = -Infinity;
  const sent = new Map<number, number>();
  const roundTrips: number[] = [];
  return {
    heard(now) {
      last = Math.max(last, now);
    },
    excuse(milliseconds) {
      last += milliseconds;
    },
    doubt(now, milliseconds) {
      last = Math.min(last, now - SILENCE_LIMIT + milliseconds);
    },
    silent: (now) => now - last >= SILENCE_LIMIT,
    due: (now) => now - last >= HEARD_LATELY || now - pinged >= ROUND_TRIP_INTERVAL,
    ping(now) {
      pinged = now;
      next = (next + 1) >>> 0;
      sent.set(next, now);
      if (sent.size > ROUND_TRIP_WINDOW) sent.delete(sent.keys().next().value ?? 0);
      return next;
    },
    pong(number, now) {
      const at = sent.get(number);
      if (at === undefined) return;
      sent.delete(number);
      roundTrips.push(now - at);
      if (roundTrips.length > ROUND_TRIP_WINDOW) roundTrips.shift();
    },
    roundTripMs() {
      const sorted = roundTrips.toSorted((a, b) => a - b);
      return sorted[sorted.length >> 1];
    },
  };
}

/**
 * Measures how late a timer of `interval` milliseconds fires. Returns the milliseconds that this device did not listen
 * since the last call: it was computing, suspended, or stopped, and what peers sent still waits to be read.
 */
export function createStallMeter(interval: number, start: number): (now: number) => number {
  let last = start;
  return (now) => {
    const stall = now - last - interval;
    last = now;
    return Math.max(0, stall);
  };
}

/** Two clocks of a machine: one that may stand still while it sleeps, as Linux's and macOS's do, and one that people set. */
export interface Clocks {
  now(): number;
  wall(): number;
}

/**
 * Notices that this device slept. Returns the milliseconds by which a timer of `interval` milliseconds fired late since the
 * last call, by whichever clock says more: the steady one stands still in a suspended machine, the wall clock does not. A
 * wall clock that is set forward looks like a sleep, which costs a few pings.
 */
export function createSleepMeter(interval: number, { now, wall }: Clocks): () => number {
  let last = { now: now(), wall: wall() };
  return () => {
    const current = { now: now(), wall: wall() };
    const late = Math.max(current.now - last.now, current.wall - last.wall) - interval;
    last = current;
    return Math.max(0, late);
  };
}
