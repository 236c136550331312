/** Stop strings in a text that comes in pieces. */

export interface StopMatcher {
  /**
   * Returns the text that is safe to show now: what could be the beginning of a stop string is held back. `stopped`
   * becomes true, and stays so, when a stop string is complete; neither it nor what follows comes out.
   */
  push(text: string): { readonly text: string; readonly stopped: boolean };
  /** Ends the text: returns what was held back. */
  flush(): string;
}

/**
 * Makes a matcher. The stop string that is complete first counts, the longest of those that end together; so it does not
 * matter how the text was cut into pieces. Throws a RangeError for an empty stop string.
 */
export function createStopMatcher(stops: readonly string[]): StopMatcher {
  if (stops.includes("")) {
    throw new RangeError("Cannot stop at an empty text: leave the stop string out, or give it at least one character");
  }
  let held = "";
  let stopped = false;
  return {
    push(text) {
      if (stopped) return { text: "", stopped };
      const seen = held + text;
      const match = firstMatch(seen, stops);
      stopped = match !== undefined;
      const safe = match ?? seen.length - heldBack(seen, stops);
      held = stopped ? "" : seen.slice(safe);
      return { text: seen.slice(0, safe), stopped };
    },
    flush() {
      const rest = held;
      held = "";
      return rest;
    },
  };
}

/** Where the stop string that is complete first begins. */
function firstMatch(text: string, stops: readonly string[]): number | undefined {
  let start: number | undefined;
  let end = Infinity;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at < 0) continue;
    const ends = at + stop.length;
    if (ends < end || (ends === end && start !== undefined && at < start)) {
      start = at;
      end = ends;
    }
  }
  return start;
}

/** Length of the longest end of the text that begins a stop string. */
function heldBack(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
