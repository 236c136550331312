/**
 * The exact solver: contiguous runs, one a device, in any order of devices, any subset of them, within memory, policy and
 * links. Optimal when it ends by itself; with a proven gap when the deadline ends it. `docs/planning.md` says how.
 */
import { capped, type Chain, chainBottleneck } from "./exact/chain.ts";
import { cheapest } from "./exact/cheapest.ts";
import { type ClassWeights, collapse } from "./exact/classes.ts";
import { type Outcome, planned, solveChecked, type SolveOptions } from "./outcome.ts";
import { laneCounts } from "./lanes.ts";
import type { Problem, Run } from "./problem.ts";
import { weightsOf } from "./weights.ts";

/** Times that a proof may fail because it has found something better: each time the value falls. */
const mostProofs = 100;

/** A chain, and what no other is below, both in the objective's unit for a whole request. */
interface Solved {
  readonly chain: Chain | undefined;
  readonly bound: number;
}

/** Finds the optimal plan under the problem's objective. */
export function solveExact(problem: Problem, options: SolveOptions = {}): Outcome {
  return solveChecked(problem, (sound, refusals) => {
    const { now = () => 0, deadline = Infinity, gap = 0 } = options;
    const tables = laneCounts(sound).map((lanes) => collapse(weightsOf(sound, lanes)));
    const { chain, bound, weights } = bestOf(tables, { now, deadline, gap });
    if (chain === undefined || weights === undefined) {
      return bound === Infinity
        ? {
          type: "infeasible",
          reason: "No assignment of blocks to devices keeps within memory, policy and links.",
          refusals,
        }
        : { type: "unsolved", reason: "The time ran out before any plan was found: allow more time.", refusals };
    }
    const perToken = weights.goal === "sum" ? 1 : sound.shape.outputTokens;
    return planned("exact", sound, runsOf(sound, weights, chain), bound / perToken, refusals);
  });
}

/** The best in any number of lanes; each has its part of the time. Memory and links do not depend on lanes. */
function bestOf(
  tables: readonly ClassWeights[],
  { now, deadline, gap }: Required<SolveOptions>,
): Solved & { readonly weights: ClassWeights | undefined } {
  let best: { readonly chain: Chain; readonly weights: ClassWeights } | undefined;
  let [high, low] = [Infinity, Infinity];
  for (const [index, weights] of tables.entries()) {
    const until = now() + (deadline - now()) / (tables.length - index);
    const expired = () => now() >= until;
    const { chain, bound } = weights.goal === "sum"
      ? cheapestSum(weights, gap, expired)
      : smallestBottleneck(weights, gap, expired, high);
    low = Math.min(low, bound);
    if (chain === undefined) {
      if (bound === Infinity) break;
      continue;
    }
    const value = weights.goal === "sum" ? chain.cost : bottleneckValue(weights, chain);
    if (value < high) [best, high] = [{ chain, weights }, value];
  }
  return { chain: best?.chain, weights: best?.weights, bound: low };
}

function cheapestSum(weights: ClassWeights, gap: number, expired: () => boolean): Solved {
  const { best, bound } = cheapest(weights, { gap, expired });
  return { chain: best, bound };
}

/**
 * Minimises V = max(largest stage or link, sum / requests): a plan of value V or less exists exactly if the cheapest chain
 * without stages and links above V costs requests x V at most. Good values are hunted first without proofs, then each
 * question is whether anything better exists: the first no is the proof. Chains of `enough` or more are not improved upon.
 */
function smallestBottleneck(weights: ClassWeights, gap: number, expired: () => boolean, enough: number): Solved {
  const value = (chain: Chain) => bottleneckValue(weights, chain);
  const first = cheapest(weights, { gap: Math.max(gap, 0.05), expired });
  if (first.best === undefined) return { chain: undefined, bound: first.bound };
  let chain = first.best;
  let [low, high] = [first.bound / weights.requests, Math.min(value(chain), enough)];
  const wanted = Math.max(gap, 1e-10);
  /** Looks for a chain of value `most` or less; whatever it finds and proves, it keeps. */
  const ask = (most: number, quick: boolean): boolean => {
    const limit = weights.requests * most;
    // Without proofs, the cheapest chain found may be of use though it costs more than was asked.
    const options = quick ? { limit: weights.requests * high } : { limit: limit * (1 + 1e-12), accept: limit };
    const { best, bound } = cheapest(capped(weights, most), { gap: 0, expired, quick, ...options });
    if (best !== undefined && value(best) < high) [chain, high] = [best, value(best)];
    const found = best !== undefined && best.cost <= limit * (1 + 1e-12);
    if (!found) low = Math.max(low, Math.min(most, bound / weights.requests));
    return found;
  };
  const open = () => high - low > wanted * high && !expired();
  for (let [no, yes] = [low, high]; open() && yes - no > Math.max(2 * gap, 2e-3) * yes; yes = Math.min(yes, high)) {
    const most = Math.min((no + yes) / 2, high * (1 - wanted));
    if (ask(most, true)) yes = most;
    else no = most;
  }
  for (let round = 0; round < mostProofs && open() && ask(high * (1 - wanted), false); round++);
  if (value(chain) > high) return { chain, bound: low };
  // Of the plans with this value, the one with the least latency, which also has no stage that does not pay.
  const { best } = cheapest(capped(weights, high), { gap: 0, expired, known: chain, quick: true });
  return { chain: best !== undefined && value(best) <= high * (1 + 1e-9) ? best : chain, bound: low };
}

/** Milliseconds of the bottleneck, or of a request's share of the loop. */
function bottleneckValue(weights: ClassWeights, chain: Chain): number {
  return Math.max(chainBottleneck(weights, chain.runs), chain.cost / weights.requests);
}

/** Gives the devices of each class to the runs, in the problem's order. */
function runsOf(problem: Problem, weights: ClassWeights, { runs }: Chain): Run[] {
  const taken = new Map<number, number>();
  return runs.map(({ device, first, end }) => {
    const count = taken.get(device) ?? 0;
    taken.set(device, count + 1);
    const index = weights.members[device]?.[count] ?? -1;
    return { device: problem.devices[index]?.device ?? "", first, last: end - 1 };
  });
}
