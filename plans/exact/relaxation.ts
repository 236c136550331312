/**
 * The relaxation that bounds the search: a device may be used again, at a price. For prices >= 0 a run,
 *   min over chains of (cost + sum of prices of the runs) - sum over classes of (price x devices)
 * is a lower bound of every chain that uses each device once (Lagrange), and a dynamic program finds it in O(N M^2).
 */
import { at, type IndexedRun } from "../weights.ts";
import type { Alive } from "./alive.ts";
import type { ClassWeights } from "./classes.ts";
import type { Neighbourhoods } from "./neighbourhoods.ts";

/** Tables of the relaxed problem, made once and filled again for each set of prices. W memories of a site: `width`. */
export interface Relaxation {
  readonly near: Neighbourhoods;
  readonly alive: Alive;
  /** [N, C, W]: least priced cost from starting a run at a block, the class in the memory, to the end of the chain. */
  readonly start: Float64Array;
  /** The same where the run after it is not on `nextOf`. */
  readonly startElse: Float64Array;
  /** [N + 1, C, W]: the same from having ended a run before a block; at N the way back alone. */
  readonly leave: Float64Array;
  readonly leaveElse: Float64Array;
  /** [N, C, W]: where the best run ends, and the class that follows (-1: none). */
  readonly endOf: Int16Array;
  readonly nextOf: Int16Array;
  readonly endElse: Int16Array;
  readonly nextElse: Int16Array;
  /** [N + 1, C, W]: the classes that follow in `leave` and `leaveElse`. */
  readonly leaveNext: Int16Array;
  readonly leaveNextElse: Int16Array;
  readonly prices: Float64Array;
  /** Sum of price x devices. */
  total: number;
}

export function makeRelaxation(
  { blocks: N, devices: C }: ClassWeights,
  near: Neighbourhoods,
  alive: Alive,
): Relaxation {
  const size = N * C * near.width;
  const ends = size + C * near.width;
  return {
    near,
    alive,
    start: new Float64Array(size).fill(Infinity),
    startElse: new Float64Array(size).fill(Infinity),
    leave: new Float64Array(ends).fill(Infinity),
    leaveElse: new Float64Array(ends).fill(Infinity),
    endOf: new Int16Array(size),
    nextOf: new Int16Array(size),
    endElse: new Int16Array(size),
    nextElse: new Int16Array(size),
    leaveNext: new Int16Array(ends),
    leaveNextElse: new Int16Array(ends),
    prices: new Float64Array(C),
    total: 0,
  };
}

/**
 * Fills the tables for the relaxation's prices. `back`: what the way back costs from each class, [C]. A class of one
 * device never follows the run that follows its own: chains that go to and fro between two good devices would make the
 * bound weak. For that, the best way on and the best with another next class are kept.
 */
export function relax(weights: ClassWeights, relaxation: Relaxation, back: Float64Array): void {
  const { blocks: N, devices: C, counts } = weights;
  const { near: { width: W }, leave, leaveElse, leaveNext, leaveNextElse, prices } = relaxation;
  relaxation.total = 0;
  for (let c = 0; c < C; c++) {
    relaxation.total += at(prices, c) * at(counts, c);
    const cell = (N * C + c) * W;
    leave.fill(at(back, c), cell, cell + W);
    leaveElse.fill(Infinity, cell, cell + W);
    leaveNext.fill(-1, cell, cell + W);
    leaveNextElse.fill(-1, cell, cell + W);
  }
  for (let i = N - 1; i >= 0; i--) {
    bestRuns(weights, relaxation, i);
    if (i > 0) bestHops(weights, relaxation, i);
  }
}

/** How to go on from starting a run at block `i`: the two best ends with different classes after them. */
function bestRuns({ blocks: N, devices: C, workBefore, reach }: ClassWeights, relaxation: Relaxation, i: number): void {
  const { near: { width: W, bit }, alive, leave, leaveElse, leaveNext, leaveNextElse, prices } = relaxation;
  const { start, startElse, endOf, nextOf, endElse, nextElse } = relaxation;
  for (const c of alive.starts[i] as Int32Array) {
    const before = c * (N + 1);
    const last = at(reach, c * N + i);
    const own = at(bit, c);
    const charge = at(prices, c) - at(workBefore, before + i);
    for (let m = own; m < W; m++) {
      if ((m & own) !== own) continue;
      let best = Infinity, end = 0, follows = -2, second = Infinity, secondEnd = 0, secondFollows = -2;
      for (let j = i + 1, cell = ((i + 1) * C + c) * W + m; j <= last; j++, cell += C * W) {
        const work = workBefore[before + j] as number;
        const one = work + (leave[cell] as number);
        if (one >= second) continue;
        const way = leaveNext[cell] as number;
        if (one < best) {
          if (way !== follows) {
            second = best;
            secondEnd = end;
            secondFollows = follows;
          }
          best = one;
          end = j;
          follows = way;
        } else if (way !== follows) {
          second = one;
          secondEnd = j;
          secondFollows = way;
        }
        const other = work + (leaveElse[cell] as number);
        if (other < second && leaveNextElse[cell] !== follows) {
          second = other;
          secondEnd = j;
          secondFollows = leaveNextElse[cell] as number;
        }
      }
      const cell = (i * C + c) * W + m;
      start[cell] = best + charge;
      startElse[cell] = second + charge;
      endOf[cell] = end;
      nextOf[cell] = follows;
      endElse[cell] = secondEnd;
      nextElse[cell] = secondFollows;
    }
  }
}

/** The two best ways on, and where they lead. Made once, filled again and again. */
interface Two {
  best: number;
  follows: number;
  second: number;
  secondFollows: number;
}

/** How to go on from having ended a run before block `i`: the two best classes. */
function bestHops(weights: ClassWeights, relaxation: Relaxation, i: number): void {
  const { devices: C } = weights;
  const { near: { width: W, bit }, alive, leave, leaveElse, leaveNext, leaveNextElse } = relaxation;
  const leastOf = leastStarts(weights, relaxation, i);
  const abroad: Two = { best: Infinity, follows: -1, second: Infinity, secondFollows: -1 };
  const home: Two = { ...abroad };
  for (const c of alive.ends[i] as Int32Array) {
    hopsAbroad(weights, relaxation, i, c, leastOf, abroad);
    const own = at(bit, c);
    for (let m = own; m < W; m++) {
      if ((m & own) !== own) continue;
      hopsAtHome(weights, relaxation, i, c, m, abroad, home);
      const cell = (i * C + c) * W + m;
      leave[cell] = home.best;
      leaveNext[cell] = home.follows;
      leaveElse[cell] = home.second;
      leaveNextElse[cell] = home.secondFollows;
    }
  }
}

/** [sites]: the least cost from starting a run at block `i` somewhere in a site. */
function leastStarts({ devices: C }: ClassWeights, relaxation: Relaxation, i: number): Float64Array {
  const { near: { width: W, bit }, alive, start } = relaxation;
  return Float64Array.from(alive.startsBySite[i] as readonly Int32Array[], (members) => {
    let least = Infinity;
    for (const e of members) least = Math.min(least, at(start, (i * C + e) * W + at(bit, e)));
    return least;
  });
}

/** The two best classes in other sites than that of `c`: there, nothing is remembered. */
function hopsAbroad(
  { devices: C, counts, traffic, hops }: ClassWeights,
  { near, alive, start, startElse, nextOf }: Relaxation,
  i: number,
  c: number,
  leastOf: Float64Array,
  two: Two,
): void {
  const { width: W, bit, site, sites } = near;
  const kind = at(traffic, i - 1);
  const [hop, into] = [hops[kind] as Float64Array, near.into[kind] as Float64Array];
  const startsBySite = alive.startsBySite[i] as readonly Int32Array[];
  const [single, home] = [at(counts, c) === 1, at(site, c)];
  let best = Infinity, follows = -1, second = Infinity, secondFollows = -1;
  for (let other = 0; other < sites.length; other++) {
    // Most sites are too far for any of their starts to be among the two best.
    if (other === home || at(into, c * sites.length + other) + at(leastOf, other) >= second) continue;
    const members = startsBySite[other] as Int32Array;
    for (let k = 0; k < members.length; k++) {
      const e = members[k] as number;
      const step = hop[c * C + e] as number;
      if (step >= second) continue;
      const cell = (i * C + e) * W + (bit[e] as number);
      const cost = step + ((single && nextOf[cell] === c ? startElse[cell] : start[cell]) as number);
      if (cost >= second) continue;
      if (cost < best) {
        second = best;
        secondFollows = follows;
        best = cost;
        follows = e;
      } else {
        second = cost;
        secondFollows = e;
      }
    }
  }
  two.best = best;
  two.follows = follows;
  two.second = second;
  two.secondFollows = secondFollows;
}

/** The two best classes of all, where the site of `c` remembers `m`. */
function hopsAtHome(
  { devices: C, counts, traffic, hops }: ClassWeights,
  { near: { width: W, bit, site }, alive, start, startElse, nextOf }: Relaxation,
  i: number,
  c: number,
  m: number,
  abroad: Two,
  two: Two,
): void {
  const hop = hops[at(traffic, i - 1)] as Float64Array;
  const members = (alive.startsBySite[i] as readonly Int32Array[])[at(site, c)] as Int32Array;
  const single = at(counts, c) === 1;
  let { best, follows, second, secondFollows } = abroad;
  for (let k = 0; k < members.length; k++) {
    const e = members[k] as number;
    const step = hop[c * C + e] as number;
    const mark = bit[e] as number;
    if (step >= second || (m & mark) !== 0) continue;
    const cell = (i * C + e) * W + (m | mark);
    let cost = step + (start[cell] as number);
    if (cost >= second) continue;
    if (single && nextOf[cell] === c) {
      cost = step + (startElse[cell] as number);
      if (cost >= second) continue;
    }
    if (cost < best) {
      second = best;
      secondFollows = follows;
      best = cost;
      follows = e;
    } else {
      second = cost;
      secondFollows = e;
    }
  }
  two.best = best;
  two.follows = follows;
  two.second = second;
  two.secondFollows = secondFollows;
}

/** The relaxation's best chain from a first device, or none. */
export function relaxedChain(weights: ClassWeights, relaxation: Relaxation, first: number): IndexedRun[] {
  const { blocks: N, devices: C, counts } = weights;
  const { near: { width: W, bit, site }, endOf, nextOf, endElse, nextElse, start } = relaxation;
  const runs: IndexedRun[] = [];
  let memory = at(bit, first);
  if (at(start, first * W + memory) === Infinity) return [];
  for (let [block, device, before] = [0, first, -1]; block < N && device >= 0;) {
    const cell = (block * C + device) * W + memory;
    const other = before >= 0 && at(counts, before) === 1 && nextOf[cell] === before;
    const end = (other ? endElse : endOf)[cell] as number;
    runs.push({ device, first: block, end });
    const next = (other ? nextElse : nextOf)[cell] as number;
    if (next >= 0) memory = (at(site, next) === at(site, device) ? memory : 0) | at(bit, next);
    [block, device, before] = [end, next, device];
  }
  return runs;
}

/** The lower bound over chains that start at one of `firsts`, and where it is attained. */
export function bestFirst(
  entry: Float64Array,
  { start, total, near: { width, bit } }: Relaxation,
  firsts: readonly number[],
): { readonly first: number; readonly bound: number } {
  let [first, bound] = [firsts[0] ?? 0, Infinity];
  for (const candidate of firsts) {
    const cost = at(entry, candidate) + at(start, candidate * width + at(bit, candidate));
    if (cost < bound) [first, bound] = [candidate, cost];
  }
  return { first, bound: bound - total };
}
