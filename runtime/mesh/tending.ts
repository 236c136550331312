/** What a mesh does by the clock: heartbeats, listening for silence, dialling who is due; and what follows a sleep. */
import { type Clock, every } from "../clock.ts";
import { type Directory, hurry } from "./directory.ts";
import { HEARTBEAT_INTERVAL, SILENCE_CHECK_INTERVAL, SLEPT } from "./limits.ts";
import { createSleepMeter, createStallMeter } from "./liveness.ts";
import type { Roster } from "./roster.ts";

/** What is tended. */
export interface TendingOptions {
  readonly clock: Clock;
  /** Milliseconds since 1970, by which a sleep is known. */
  readonly wall: () => number;
  readonly roster: Roster;
  readonly directory: Directory;
  /** Dials all that are due. */
  readonly dialDue: () => void;
}

/** Begins to tend the sessions; each of the returned functions ends a part of it. */
export function tendSessions({ clock, wall, roster, directory, dialDue }: TendingOptions): (() => void)[] {
  const stalled = createStallMeter(SILENCE_CHECK_INTERVAL, clock.now());
  const slept = createSleepMeter(SILENCE_CHECK_INTERVAL, { now: () => clock.now(), wall });
  return [
    every(clock, HEARTBEAT_INTERVAL, () => {
      for (const session of roster.sessions()) session.heartbeat();
    }),
    every(clock, SILENCE_CHECK_INTERVAL, () => {
      const stall = stalled(clock.now());
      for (const session of roster.sessions()) session.checkSilence(stall);
      if (slept() >= SLEPT) wake(roster, directory, clock.now());
      dialDue();
    }),
  ];
}

/** This device has slept: whom it knows is asked, or dialled at once, whatever was tried in vain before. */
function wake(roster: Roster, directory: Directory, now: number): void {
  for (const session of roster.sessions()) session.doubt();
  hurry(directory, now);
}
