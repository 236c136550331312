import type { SimulatedClock } from "../../runtime/clock.ts";

/** Lets what was told be handled, and what is told in turn, over a few devices; a millisecond passes. */
export async function settle(clock: SimulatedClock): Promise<void> {
  for (let round = 0; round < 6; round++) await clock.advance(0);
  await clock.advance(1);
}
