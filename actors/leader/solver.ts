/** Solving off the event loop: a thread that plans, explains and wonders, so that heartbeats stay on time meanwhile. */
import type { Block, Explanation, Outcome, Prediction, Problem } from "../../plans/mod.ts";

/** What is asked of the thread. */
export interface SolveRequest {
  readonly problem: Problem;
  /** A plan to predict under the same problem: the one in force. */
  readonly current?: readonly { readonly device: string; readonly first: number; readonly last: number }[];
  /** Changes to wonder about, as text: see `plans/what-if.ts`. */
  readonly changes?: readonly string[];
  /** The blocks of models that changes name. */
  readonly models?: readonly { readonly path: string; readonly blocks: readonly Block[] }[];
  /** Whether to look for what binds and for alternatives. */
  readonly explain: boolean;
}

/** What it answers. */
export interface SolveAnswer {
  readonly outcome: Outcome;
  /** What the plan in force would do under the problem; absent where it cannot be. */
  readonly current?: Prediction;
  readonly explanation?: Explanation;
  /** The outcome with the changes applied, or what is wrong with them. */
  readonly changed?: { readonly outcome: Outcome } | { readonly invalid: string };
}

/** Solves problems one after another. */
export interface Solver extends AsyncDisposable {
  /** Rejects where the thread has ended or does not answer in time. */
  solve(request: SolveRequest): Promise<SolveAnswer>;
}
