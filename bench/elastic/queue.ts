/** One server, first come, first served. */

/** What waits for the server: times in milliseconds. */
export interface Arrival {
  readonly at: number;
  readonly service: number;
}

/** How long each of the arrivals, which are in order, waits before its service begins (Lindley's recursion). */
export function waitsOf(arrivals: readonly Arrival[]): number[] {
  let free = 0;
  return arrivals.map(({ at, service }) => {
    const wait = Math.max(0, free - at);
    free = at + wait + service;
    return wait;
  });
}
