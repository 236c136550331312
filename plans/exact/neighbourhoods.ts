/**
 * What the relaxation remembers of the devices it has used: of each site (devices with short ways between them) a few
 * critical ones. A chain that stays within a site cannot use a critical device twice; one that leaves the site forgets.
 * (ng-routes: Baldacci, Mingozzi, Roberti 2011.)
 */
import { at } from "../weights.ts";
import type { ClassWeights } from "./classes.ts";

export interface Neighbourhoods {
  /** [C]: the site of a class. */
  readonly site: Int32Array;
  readonly sites: readonly (readonly number[])[];
  /** [C]: the bit of a critical class in its site's memory; 0 for the others. */
  readonly bit: Int32Array;
  /** Memories a site may have: a power of two. */
  readonly width: number;
  /** A table [C, sites] for each kind of traffic: the shortest hop from a class into a site. */
  readonly into: readonly Float64Array[];
}

/** Groups classes into sites where two kinds of hops can be told apart, else all are one site. Remembers nothing. */
export function neighbourhoodsOf({ devices: C, hops }: ClassWeights): Neighbourhoods {
  const table = hops[0] ?? new Float64Array(0);
  const near = Math.max(0, thresholdOf(table));
  const site = new Int32Array(C);
  const leaders: number[] = [];
  const sites: number[][] = [];
  for (let device = 0; device < C; device++) {
    let home = leaders.findIndex((leader) => {
      return Math.min(at(table, leader * C + device), at(table, device * C + leader)) <= near;
    });
    if (home < 0) home = leaders.push(device) - 1;
    site[device] = home;
    (sites[home] ??= []).push(device);
  }
  const into = hops.map((table) => {
    const shortest = new Float64Array(C * sites.length).fill(Infinity);
    for (let device = 0; device < C; device++) {
      for (let other = 0; other < C; other++) {
        const cell = device * sites.length + at(site, other);
        shortest[cell] = Math.min(at(shortest, cell), at(table, device * C + other));
      }
    }
    return shortest;
  });
  return { site, sites, bit: new Int32Array(C), width: 1, into };
}

/** The same sites, each with a memory for up to `most` of its classes: the most contested ones. */
export function remember(plain: Neighbourhoods, contest: Float64Array, most: number): Neighbourhoods {
  const bit = new Int32Array(plain.bit.length);
  let bits = 0;
  for (const members of plain.sites) {
    const contested = members.filter((device) => at(contest, device) > 0)
      .toSorted((a, b) => at(contest, b) - at(contest, a) || a - b).slice(0, most);
    for (const [index, device] of contested.entries()) bit[device] = 1 << index;
    bits = Math.max(bits, contested.length);
  }
  return { ...plain, bit, width: 1 << bits };
}

/** Where short hops end and long ones begin: two means of the logarithms. Infinity where there is but one kind. */
function thresholdOf(table: Float64Array): number {
  const logs = [...table].filter((hop) => hop < Infinity && hop > 0).map(Math.log);
  if (logs.length === 0) return Infinity;
  let [low, high] = [logs.reduce((a, b) => Math.min(a, b)), logs.reduce((a, b) => Math.max(a, b))];
  for (let round = 0; round < 8; round++) {
    let [lowSum, lows, highSum] = [0, 0, 0];
    for (const each of logs) {
      if (each < (low + high) / 2) [lowSum, lows] = [lowSum + each, lows + 1];
      else highSum += each;
    }
    if (lows === 0 || lows === logs.length) return Infinity;
    [low, high] = [lowSum / lows, highSum / (logs.length - lows)];
  }
  return high - low < Math.log(3) ? Infinity : Math.exp((low + high) / 2);
}
