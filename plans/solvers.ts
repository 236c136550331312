/** Every solver by its name. A new one is a file with a `Solver` and a line here: policy, what-if and command line follow. */
import { solveDynamic } from "./dynamic.ts";
import { solveExact } from "./exact.ts";
import { solveLinear } from "./linear.ts";
import type { Solver } from "./outcome.ts";

export const solvers = {
  /** Contiguous runs in any order of devices, with a proof of the gap. What decides where nobody asks for another. */
  exact: solveExact,
  /** The assignment program in HiGHS, for meshes that are small enough. */
  linear: solveLinear,
  /** EdgeShard's two algorithms as published: no proofs, and plans are missed where memory binds. */
  dynamic: solveDynamic,
} as const satisfies Readonly<Record<string, Solver>>;

export type SolverName = keyof typeof solvers;

export const solverNames = Object.keys(solvers) as SolverName[];
