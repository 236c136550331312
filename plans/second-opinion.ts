/** A second opinion on a plan: HiGHS proves what it can in a given time, and sees a better plan where there is one. */
import { type LinearOptions, solveLinear } from "./linear.ts";
import { type Outcome, type Planned, type Proof, relativeGap } from "./outcome.ts";
import type { Problem } from "./problem.ts";

/** Columns above which HiGHS comes to no bound within a second or two (measured: see `docs/planning.md`). */
const mostColumns = 20_000;
/** Solvers agree where they differ by less: HiGHS works to tolerances. */
const tolerance = 1e-6;

/** Which plan a second opinion may end in: the better one, or the first, of which it only proves something. */
export type Standing = "better" | "first";

/**
 * The plan with what HiGHS proves of it by the deadline; HiGHS's own plan where that one is better, unless the first one
 * stands: whoever has named a solver gets that solver's plan.
 */
export async function secondOpinion(
  problem: Problem,
  first: Planned,
  { standing = "better", ...options }: LinearOptions & { readonly standing?: Standing } = {},
): Promise<Planned> {
  if (first.proofs.some(({ solver }) => solver === "linear")) return first;
  return weigh(first, await solveLinear(problem, { columns: mostColumns, ...options }), standing);
}

/** Two opinions on one problem as one: the plan that stands, and every proof. */
export function weigh(first: Planned, second: Outcome, standing: Standing = "better"): Planned {
  const better = second.type === "placed" && objectiveOf(second) < objectiveOf(first) * (1 - tolerance);
  const plan = better && standing === "better" ? second : first;
  const value = objectiveOf(plan);
  const proofs = [...first.proofs, ...proofsOf(second)]
    // A bound above a plan that can be is a slip of its solver, and no proof.
    .filter(({ bound }) => bound <= value * (1 + tolerance))
    .map(({ solver, bound }) => ({ solver, bound: bound >= value * (1 - tolerance) ? value : bound }));
  const bound = proofs.reduce((most, proof) => Math.max(most, proof.bound), 0);
  return { ...plan, refusals: first.refusals, proofs, bound, gap: relativeGap(value, bound) };
}

function proofsOf(outcome: Outcome): readonly Proof[] {
  switch (outcome.type) {
    case "placed":
      return outcome.proofs;
    case "unsolved":
      return outcome.proof === undefined ? [] : [outcome.proof];
    case "infeasible":
      return [];
    default:
      return outcome satisfies never;
  }
}

/** What is known of a plan's quality, wherever the plan is kept. */
export interface Quality {
  readonly solver: string;
  readonly gap: number;
  readonly proofs: readonly Proof[];
  readonly instead?: string | undefined;
}

/** Whose plan it is, and who proves what of it, in words: "proven to be the best (exact and linear), placed by exact". */
export function describeProof({ solver, gap, proofs, instead }: Quality): string {
  const best = Math.max(0, ...proofs.map(({ bound }) => bound));
  const proven = proofs.filter(({ bound }) => bound === best).map((proof) => proof.solver);
  const weaker = proofs.filter(({ bound }) => bound < best)
    .map((proof) => `${proof.solver} alone: ${percent(1 - (1 - gap) * proof.bound / best)}`);
  const words = gap === 0 ? "proven to be the best" : `at most ${percent(gap)} from the best`;
  const proof = proofs.length === 0
    ? "nothing is proven"
    : `${words} (${[proven.join(" and "), ...weaker].join("; ")})`;
  return `${proof}, placed by ${solver}${instead === undefined ? "" : ` instead of ${instead}`}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function objectiveOf({ prediction }: Planned): number {
  return prediction.objectiveMilliseconds;
}
