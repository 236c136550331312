/** The cheapest chain: relaxation for the bound, beam for good chains, search for the proof. */
import { at, runMilliseconds } from "../weights.ts";
import { type Alive, everythingAlive } from "./alive.ts";
import { beam } from "./beam.ts";
import type { Chain } from "./chain.ts";
import type { ClassWeights } from "./classes.ts";
import { type CheapestOptions, Incumbent } from "./incumbent.ts";
import { type Neighbourhoods, neighbourhoodsOf, remember } from "./neighbourhoods.ts";
import { bestFirst, makeRelaxation, relax, type Relaxation } from "./relaxation.ts";
import { ascend, contestOf } from "./ascent.ts";
import { type Entrance, entranceOf } from "./entrance.ts";
import { polish } from "./polish.ts";
import { aliveBelow } from "./prune.ts";
import { type Group, search } from "./search.ts";

export interface Cheapest {
  readonly best: Chain | undefined;
  /** No chain below the limit costs less. Infinity: there is none. */
  readonly bound: number;
}

/** How much work each step does. Where a pass of the relaxation is cheap, prices are worth more of them. */
interface Effort {
  readonly small: boolean;
  readonly rootPasses: number;
  readonly groupPasses: number;
  readonly refinePasses: number;
  /** Nodes a block in the beam. */
  readonly width: number;
  /** The most classes that a site remembers. */
  readonly memory: number;
}

const smallEffort: Effort = { small: true, rootPasses: 60, groupPasses: 25, refinePasses: 15, width: 8, memory: 8 };
const largeEffort: Effort = { small: false, rootPasses: 25, groupPasses: 4, refinePasses: 8, width: 20, memory: 9 };
/** N M^2, the steps of a pass, up to which a problem is small: under a millisecond. */
const smallSteps = 30_000;

/** Nodes of the first search and of the last: the tree is kept in memory. */
const [firstNodes, mostNodes] = [50_000, 800_000];

/** How much worse than the best known chain one may be to be polished. */
const loose = 1.15;

/** Cells of a relaxation's tables, 44 bytes each: they bound what a site may remember. */
const mostCells = 1_300_000;

/** A group of first classes and how far its relaxation has been driven. */
interface Front extends Group {
  readonly bound: number;
  /** Classes that a site may remember. */
  readonly memory: number;
  /** More work on the relaxation does not pay. */
  readonly stalled: boolean;
}

interface Hunt {
  readonly weights: ClassWeights;
  readonly incumbent: Incumbent;
  readonly effort: Effort;
  readonly plain: Neighbourhoods;
  readonly everything: Alive;
}

/** Finds the cheapest chain, or the cheapest found when the time ran out, and what is proven of it. */
export function cheapest(weights: ClassWeights, options: CheapestOptions): Cheapest {
  const incumbent = new Incumbent(weights, options);
  const firsts = firstsOf(weights, incumbent);
  const result = (bound: number) => ({ best: incumbent.best, bound: Math.min(bound, incumbent.target) });
  if (incumbent.target <= incumbent.accept) return result(0);
  const plain = neighbourhoodsOf(weights);
  const effort = weights.blocks * weights.devices ** 2 <= smallSteps ? smallEffort : largeEffort;
  const hunt = { weights, incumbent, effort, plain, everything: everythingAlive(weights, plain) };
  const root = makeRelaxation(weights, plain, hunt.everything);
  const entrance = entranceOf(weights, firsts);
  let { bound, opened } = open(hunt, root, entrance);
  if (options.quick === true || incumbent.enough(bound) || incumbent.expired()) return result(bound);
  const fronts: Front[] = [];
  const alike = incumbent.target < Infinity ? 2e-3 * incumbent.target : 0;
  const groups = (effort.small ? alikeGoingBack(weights, firsts, alike) : plain.sites)
    .map((members) => members.filter((device) => firsts.includes(device)))
    .filter((starts) => starts.length > 0);
  for (const [index, starts] of groups.entries()) {
    fronts.push(frontOf(hunt, opened, starts));
    if (!incumbent.expired()) continue;
    const rest = groups.slice(index + 1).map((starts) => bestFirst(entranceOf(weights, starts).entry, opened, starts));
    const least = [...fronts, ...rest].reduce((low, each) => Math.min(low, each.bound), Infinity);
    return result(Math.max(bound, least));
  }
  bound = Math.max(bound, close(hunt, fronts));
  return result(bound);
}

/** Classes that can be first; those that can hold everything are offered at once. */
function firstsOf({ blocks: N, devices: C, entry, reach, ...rest }: ClassWeights, incumbent: Incumbent): number[] {
  const weights = { blocks: N, devices: C, entry, reach, ...rest };
  const firsts: number[] = [];
  for (let device = 0; device < C; device++) {
    if (at(entry, device) === Infinity || at(reach, device * N) === 0) continue;
    firsts.push(device);
    if (at(reach, device * N) < N) continue;
    const cost = at(entry, device) + runMilliseconds(weights, device, 0, N);
    incumbent.offer({ runs: [{ device, first: 0, end: N }], cost });
  }
  return firsts;
}

/** One relaxation for all first classes: prices, a first bound, first chains. */
function open(
  hunt: Hunt,
  root: Relaxation,
  entrance: Entrance,
): { readonly bound: number; readonly opened: Relaxation } {
  const { weights, incumbent, effort, plain, everything } = hunt;
  relax(weights, root, entrance.back);
  const bound = Math.max(0, bestFirst(entrance.entry, root, entrance.firsts).bound);
  if (incumbent.enough(bound)) return { bound, opened: root };
  look(hunt, root, entrance, effort.width / 2);
  const priced = Math.max(bound, price(hunt, root, entrance, effort.rootPasses));
  look(hunt, root, entrance, effort.width);
  if (effort.small || incumbent.enough(priced) || incumbent.expired()) return { bound: priced, opened: root };
  // With a memory for contested devices the beam is guided far better: a good chain early makes all that follows cheaper.
  const masked = makeRelaxation(weights, remember(plain, contestOf(weights, root, entrance), 3), everything);
  masked.prices.set(root.prices);
  const better = price(hunt, masked, entrance, effort.groupPasses);
  look(hunt, masked, entrance, effort.width);
  return { bound: Math.max(priced, better), opened: masked };
}

/** A relaxation for first classes whose ways back are alike. */
function frontOf(hunt: Hunt, opened: Relaxation, firsts: readonly number[]): Front {
  const { weights, incumbent, effort } = hunt;
  const entrance = entranceOf(weights, firsts);
  // Of all first classes together the ways back are shortest: what they rule out, these do.
  const alive = effort.small ? hunt.everything : aliveBelow(weights, opened, entrance, incumbent.target);
  const relaxation = makeRelaxation(weights, opened.near, alive);
  relaxation.prices.set(opened.prices);
  const bound = price(hunt, relaxation, entrance, effort.groupPasses);
  if (!effort.small) look(hunt, relaxation, entrance, effort.width / 2);
  return { entrance, relaxation, bound, memory: effort.small ? 4 : 2, stalled: false };
}

/** Refines the weakest fronts and searches what they leave open, in turns, until the gap is closed. Returns the bound. */
function close(hunt: Hunt, fronts: Front[]): number {
  const { weights, incumbent, effort } = hunt;
  let bound = 0;
  let nodes = firstNodes;
  const least = () => fronts.reduce((low, front) => Math.min(low, front.bound), incumbent.target);
  for (let turn = 0;; turn++) {
    if (turn > 0 || !effort.small) refineWeakest(hunt, fronts);
    bound = Math.max(bound, least());
    const left = fronts.filter((front) => !incumbent.enough(front.bound));
    if (left.length === 0 || incumbent.enough(bound) || incumbent.expired()) return bound;
    const { best, limit, accept, gap, expired } = incumbent;
    const found = search(weights, left, { best, limit, accept, gap, expired, nodes });
    incumbent.offer(found.best);
    bound = Math.max(bound, found.bound);
    const last = nodes >= mostNodes && fronts.every((front) => front.stalled || incumbent.enough(front.bound));
    if (last || incumbent.enough(bound) || incumbent.expired()) return bound;
    nodes = Math.min(mostNodes, nodes * 4);
  }
}

/** Large problems: until every front is settled or stalled. Small ones: each front once, then the search goes on. */
function refineWeakest(hunt: Hunt, fronts: Front[]): void {
  const { incumbent, effort } = hunt;
  for (let round = 0; round < (effort.small ? fronts.length : 200) && !incumbent.expired(); round++) {
    let weakest = -1;
    for (const [index, front] of fronts.entries()) {
      if (front.stalled || incumbent.enough(front.bound)) continue;
      if (weakest < 0 || front.bound < (fronts[weakest]?.bound ?? 0)) weakest = index;
    }
    const front = fronts[weakest];
    if (front === undefined) return;
    fronts[weakest] = refine(hunt, front);
  }
}

/** The same front with a larger memory, without the starts that cannot be part of a better chain. */
function refine(hunt: Hunt, { entrance, relaxation: before, bound: known, memory: less }: Front): Front {
  const { weights, plain, effort, incumbent } = hunt;
  const room = Math.floor(Math.log2(mostCells / (weights.blocks * weights.devices)));
  const most = Math.max(0, Math.min(effort.memory, room));
  const memory = Math.min(less + 2, most);
  const alive = aliveBelow(weights, before, entrance, incumbent.target);
  const relaxation = makeRelaxation(weights, remember(plain, contestOf(weights, before, entrance), memory), alive);
  relaxation.prices.set(before.prices);
  const bound = Math.max(known, price(hunt, relaxation, entrance, effort.refinePasses));
  look(hunt, relaxation, entrance, effort.width);
  const stalled = memory === most && bound - known < 5e-4 * Math.abs(bound);
  return { entrance, relaxation, bound, memory, stalled };
}

function look({ weights, incumbent }: Hunt, relaxation: Relaxation, entrance: Entrance, width: number): void {
  const { target, expired } = incumbent;
  // What is a little worse may become better by polishing.
  const limit = target * loose;
  const found = beam(weights, relaxation, entrance, { width, limit, expired });
  incumbent.offer(found === undefined ? undefined : polish(weights, found, expired));
}

function price({ weights, incumbent }: Hunt, relaxation: Relaxation, entrance: Entrance, iterations: number): number {
  const { enough, see, expired } = incumbent;
  return ascend(weights, relaxation, entrance, {
    iterations,
    target: () => incumbent.target,
    enough,
    seen: see,
    expired,
  });
}

/** Groups first classes whose ways back, beyond each one's least, differ by no more than `tolerance`. */
function alikeGoingBack(weights: ClassWeights, firsts: readonly number[], tolerance: number): number[][] {
  const groups: { readonly members: number[]; readonly back: Float64Array }[] = [];
  for (const first of firsts) {
    const { back } = entranceOf(weights, [first]);
    const same = groups.find((group) => {
      const leader = group.members[0] ?? 0;
      return back.every((way, last) => {
        const other = at(group.back, last);
        return way === other || last === first || last === leader || Math.abs(way - other) <= tolerance;
      });
    });
    if (same === undefined) groups.push({ members: [first], back });
    else same.members.push(first);
  }
  return groups.map(({ members }) => members);
}
