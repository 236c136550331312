/** Local search: makes a good chain better by putting one device in place of none, one or two others, or exchanging two. */
import { at, type IndexedRun, runMilliseconds } from "../weights.ts";
import { type Chain, chainCost } from "./chain.ts";
import type { ClassWeights } from "./classes.ts";

/** Classes in the order of a chain; where it is cut is chosen anew for each order. */
type Order = readonly number[];

/** The best that is found from a chain by single changes, each of which makes it cheaper. Never worse than the chain. */
export function polish(weights: ClassWeights, chain: Chain, expired: () => boolean): Chain {
  let best = chain;
  for (let better: Chain | undefined = chain; better !== undefined && !expired();) {
    best = better;
    better = replaced(weights, best) ?? exchanged(weights, best);
  }
  return best;
}

/**
 * [K + 1, N + 1]: the least cost of the first k runs of an order, ended before a block, and of the runs from k on,
 * starting with a block; hops between them counted, the hop at the open end not, nor the way back.
 */
interface Tables {
  readonly before: Float64Array;
  readonly after: Float64Array;
}

function tablesOf(weights: ClassWeights, order: Order): Tables {
  const { blocks: N, entry, reach } = weights;
  const K = order.length;
  const [before, after] = [new Float64Array((K + 1) * (N + 1)), new Float64Array((K + 1) * (N + 1))];
  before.fill(Infinity);
  after.fill(Infinity);
  before[0] = at(entry, order[0] ?? 0);
  after[K * (N + 1) + N] = 0;
  for (let k = 0; k < K; k++) {
    const device = order[k] ?? 0;
    for (let first = 0; first < N; first++) {
      const hop = k === 0 ? 0 : hopInto(weights, first, order[k - 1] ?? 0, device);
      const spent = at(before, k * (N + 1) + first) + hop;
      if (spent === Infinity) continue;
      for (let end = first + 1, last = at(reach, device * N + first); end <= last; end++) {
        const cell = (k + 1) * (N + 1) + end;
        before[cell] = Math.min(at(before, cell), spent + runMilliseconds(weights, device, first, end));
      }
    }
  }
  for (let k = K - 1; k >= 0; k--) {
    const device = order[k] ?? 0;
    for (let first = 0; first < N; first++) {
      const cell = k * (N + 1) + first;
      for (let end = first + 1, last = at(reach, device * N + first); end <= last; end++) {
        const hop = k === K - 1 ? 0 : hopInto(weights, end, device, order[k + 1] ?? 0);
        const rest = at(after, (k + 1) * (N + 1) + end) + hop;
        after[cell] = Math.min(at(after, cell), rest + runMilliseconds(weights, device, first, end));
      }
    }
  }
  return { before, after };
}

/** Goes along the chain once and puts one class in place of none, one or two wherever that helps. */
function replaced(weights: ClassWeights, chain: Chain): Chain | undefined {
  let best = chain;
  let order: Order = chain.runs.map(({ device }) => device);
  let tables = tablesOf(weights, order);
  for (let from = 0; from <= order.length; from++) {
    for (let more = 0; more <= 2 && from + more <= order.length; more++) {
      const which = bestInPlace(weights, order, tables, from, from + more, best.cost * (1 - 1e-9));
      if (which < 0) continue;
      const better = cut(weights, [...order.slice(0, from), which, ...order.slice(from + more)]);
      if (better === undefined || better.cost >= best.cost) continue;
      best = better;
      order = better.runs.map(({ device }) => device);
      tables = tablesOf(weights, order);
    }
  }
  return best === chain ? undefined : best;
}

/** The class that makes the cheapest chain below `most` in place of the runs `from` to `to` (excluded); -1 where none does. */
function bestInPlace(
  weights: ClassWeights,
  order: Order,
  tables: Tables,
  from: number,
  to: number,
  most: number,
): number {
  const used = new Int32Array(weights.devices);
  for (const [k, device] of order.entries()) if (k < from || k >= to) used[device] = at(used, device) + 1;
  let [least, which] = [most, -1];
  for (let device = 0; device < weights.devices; device++) {
    if (at(used, device) >= at(weights.counts, device)) continue;
    const cost = costWith(weights, order, tables, from, to, device, least);
    if (cost < least) [least, which] = [cost, device];
  }
  return which;
}

/** The cost with a class in place of the runs `from` to `to` (excluded); anything from `most` up where it is no less. */
function costWith(
  weights: ClassWeights,
  order: Order,
  { before, after }: Tables,
  from: number,
  to: number,
  device: number,
  most: number,
): number {
  const { blocks: N, devices: C, entry, reach, back } = weights;
  const [first, last] = [from === 0 ? device : order[0] ?? 0, to === order.length ? device : order.at(-1) ?? 0];
  const alone = from === 0 && to === order.length;
  const way = alone ? 0 : at(back, last * C + first);
  let least = most;
  for (let start = 0; start < N; start++) {
    const spent = way +
      (from === 0
        ? (start === 0 ? at(entry, device) : Infinity)
        : at(before, from * (N + 1) + start) + hopInto(weights, start, order[from - 1] ?? 0, device));
    if (spent >= least) continue;
    for (let end = start + 1, until = at(reach, device * N + start); end <= until; end++) {
      const rest = after[to * (N + 1) + end] as number;
      if (rest === Infinity) continue;
      const hop = to === order.length ? 0 : hopInto(weights, end, device, order[to] ?? 0);
      const cost = spent + runMilliseconds(weights, device, start, end) + hop + rest;
      if (cost < least) least = cost;
    }
  }
  return least;
}

/** The first improvement by leaving a class out, or by exchanging two. */
function exchanged(weights: ClassWeights, chain: Chain): Chain | undefined {
  const order = chain.runs.map(({ device }) => device);
  for (let a = 0; a < order.length; a++) {
    const fewer = cut(weights, order.toSpliced(a, 1));
    if (fewer !== undefined && fewer.cost < chain.cost * (1 - 1e-9)) return fewer;
    for (let b = a + 1; b < order.length; b++) {
      const other = cut(weights, order.with(a, order[b] ?? 0).with(b, order[a] ?? 0));
      if (other !== undefined && other.cost < chain.cost * (1 - 1e-9)) return other;
    }
  }
  return undefined;
}

/** The cheapest chain of an order of classes; undefined where it cannot hold the model. */
function cut(weights: ClassWeights, order: Order): Chain | undefined {
  const { blocks: N, reach } = weights;
  if (order.length === 0) return undefined;
  const { after } = tablesOf(weights, order);
  const runs: IndexedRun[] = [];
  let first = 0;
  for (const [k, device] of order.entries()) {
    const next = order[k + 1];
    let [end, least] = [0, Infinity];
    for (let until = first + 1; until <= at(reach, device * N + Math.min(first, N - 1)); until++) {
      const hop = next === undefined ? 0 : hopInto(weights, until, device, next);
      const cost = runMilliseconds(weights, device, first, until) + hop + at(after, (k + 1) * (N + 1) + until);
      if (cost < least) [end, least] = [until, cost];
    }
    if (least === Infinity) return undefined;
    runs.push({ device, first, end });
    first = end;
  }
  return { runs, cost: chainCost(weights, runs) };
}

/** The hop before a block, from one class to another. */
function hopInto({ devices: C, blocks: N, traffic, hops }: ClassWeights, block: number, from: number, to: number) {
  if (block === 0 || block === N) return Infinity;
  return (hops[traffic[block - 1] as number] as Float64Array)[from * C + to] as number;
}
