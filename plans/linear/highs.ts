/** HiGHS in WebAssembly. The only file that knows it. It solves synchronously: call it off the event loop. */
import type { Highs, Model, ModelData } from "highs";

/** A program with columns that may be whole numbers, to be made small: see HiGHS's `ModelData`. */
export type Program = ModelData;

/** What HiGHS makes of a program. */
export type Answer =
  /** `values`: [columns], whole where they have to be; undefined where no solution was found. `bound`: none is below. */
  | { readonly type: "solved"; readonly values: ArrayLike<number> | undefined; readonly bound: number }
  | { readonly type: "infeasible" };

/** How far to go. */
export interface Effort {
  readonly seconds: number;
  /** Relative. */
  readonly gap: number;
}

let highs: Promise<Highs> | undefined;

/** Loads the 3.5 MB when the first program is solved (90 ms), not when somebody imports a planner. */
async function load(): Promise<Highs> {
  const { default: loader } = await import("highs");
  // The package's types describe its CommonJS face; as an ES module its default export is the loader itself.
  return await (loader as unknown as () => Promise<Highs>)();
}

/** Solves a program. Rejects where HiGHS cannot be loaded or refuses the program. */
export async function solveProgram(program: Program, effort: Effort): Promise<Answer> {
  const loaded = await (highs ??= load());
  return loaded.withModel((model) => run(loaded, model, program, effort));
}

function run({ constants }: Highs, model: Model, program: Program, { seconds, gap }: Effort): Answer {
  model.options.set({
    output_flag: false,
    mip_rel_gap: gap,
    mip_abs_gap: 1e-9,
    mip_feasibility_tolerance: 1e-9,
    primal_feasibility_tolerance: 1e-9,
    ...(seconds < 1e9 ? { time_limit: seconds } : {}),
  });
  model.passModel(program);
  model.run();
  const status = model.getModelStatus();
  if (status === constants.modelStatus.infeasible) return { type: "infeasible" };
  const found = model.info.get("primal_solution_status") === constants.solutionStatus.feasible;
  const bound = Number(model.info.get("mip_dual_bound"));
  return {
    type: "solved",
    values: found ? model.getSolution().colValue : undefined,
    bound: Number.isFinite(bound) ? bound : -Infinity,
  };
}
