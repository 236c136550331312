import { RETRY_FROM, RETRY_TO } from "./limits.ts";

/**
 * Milliseconds to wait before attempt number `attempt` (from 0): doubles up to a cap, of which a random half is taken off
 * so that devices that lost each other at the same moment do not come back at the same moment.
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const longest = Math.min(RETRY_TO, RETRY_FROM * 2 ** Math.min(attempt, 20));
  return longest * (1 - random() / 2);
}
