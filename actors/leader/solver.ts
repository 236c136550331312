/** Solving off the event loop: a thread that plans, explains and wonders, so that heartbeats stay on time meanwhile. */
import type { Block, Explanation, Outcome, Prediction, Problem, Run, SolverName } from "../../plans/mod.ts";

/** What is asked of the thread. */
export interface SolveRequest {
  readonly problem: Problem;
  /** Who places. Default: exact. */
  readonly solver?: SolverName;
  /** A plan to predict under the same problem: the one in force. */
  readonly current?: readonly Run[];
  /** Changes to wonder about, as text: see `plans/what-if.ts`. */
  readonly changes?: readonly string[];
  /** The blocks of models that changes name. */
  readonly models?: readonly { readonly path: string; readonly blocks: readonly Block[] }[];
  /** Whether to look for what binds and for alternatives. */
  readonly explain: boolean;
  /**
   * Whether to take up to two seconds more for HiGHS's opinion on the plan. Whoever asks something else meanwhile does not
   * wait: the answer then comes without. Default: false.
   */
  readonly secondOpinion?: boolean;
}

/** What it answers. */
export interface SolveAnswer {
  readonly outcome: Outcome;
  /** What the plan in force would do under the problem; absent where it cannot be. */
  readonly current?: Prediction;
  readonly explanation?: Explanation;
  /** The outcome and the plan in force with the changes applied, or what is wrong with them. */
  readonly changed?: { readonly outcome: Outcome; readonly current?: Prediction } | { readonly invalid: string };
}

/** What the thread says of a request: an answer, maybe a second one that knows more, or why there is none. */
export type SolverWord =
  | { readonly type: "answer"; readonly id: number; readonly answer: SolveAnswer; readonly last: boolean }
  | { readonly type: "failed"; readonly id: number; readonly reason: string };

/** Solves problems one after another. */
export interface Solver extends AsyncDisposable {
  /** Makes ready, so that the first problem does not wait for a thread to start. */
  prepare(): void;
  /** Rejects where the thread has ended or does not answer in time. */
  solve(request: SolveRequest): Promise<SolveAnswer>;
}
