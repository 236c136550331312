/**
 * Who runs what: pure functions from measurements to a plan, and from a plan to what it will do and why it is the one.
 * `docs/planning.md` explains the formulation.
 */
export { cacheTokensOf, formatBytes } from "./bytes.ts";
export { parseBytes } from "./units.ts";
export { evenSplit, placeCounts } from "./even.ts";
export { plan, type PlanOptions } from "./plan.ts";
export { type SolverName, solverNames, solvers } from "./solvers.ts";
export { median } from "./median.ts";
export { objectives, typicalRequest } from "./problem.ts";
export { describeProof, secondOpinion } from "./second-opinion.ts";
export { type BatchMeasurement, batchRows, factorAt, fitFactors, usualFactors } from "./batches.ts";
export { predict } from "./predict.ts";
export { validate } from "./validate.ts";
export { explain } from "./explain.ts";
export { isPrivate, mayHold } from "./policy.ts";
export { shortageOf } from "./shortage.ts";
export { wayTo } from "./way.ts";
export { nextMirror } from "./mirrors.ts";
export { mirrorShare, WORTH_MIRRORS } from "./mirror-cost.ts";
export { copiesOnDisk } from "./copies.ts";
export { standbyBlocks } from "./standby.ts";
export { pipelineOf, simulate } from "./simulate.ts";
export { parseChange } from "./what-if.ts";
export { applyChanges } from "./apply-change.ts";
export { describeTarget, namedTargets, parseTarget, parseTargetText } from "./target.ts";
export { chooseLevel, ROUNDING } from "./choose-level.ts";
export { elasticTimes } from "./levels.ts";
export { expectedTimes } from "./expected.ts";
export { type Line, lineThrough } from "./line.ts";
export type { Outcome, Planned, Proof, SolveOptions, Solver } from "./outcome.ts";
export type { Bottleneck, LinkPrediction, Predicted, Prediction, StagePrediction } from "./predict.ts";
export type { Checked, Refusal } from "./validate.ts";
export type { Alternative, Binding, Explanation, LeftOut } from "./explain.ts";
export type { Shortage } from "./shortage.ts";
export type { CopiesOptions, Copy } from "./copies.ts";
export type { Mirror, MirroredRun, MirrorOptions } from "./mirrors.ts";
export type { Standby, StandbyCosts, StandbyOptions } from "./standby.ts";
export type { PipelineStep, Simulation, SimulationOptions } from "./simulate.ts";
export type { Change, ParsedChange } from "./what-if.ts";
export type { ApplyOptions, Changed } from "./apply-change.ts";
export type { Bound, ParsedTarget, Target } from "./target.ts";
export type { Candidate, Choice } from "./choose-level.ts";
export type { ElasticTimes, LevelTimes, MeasuredShare, Slicing } from "./levels.ts";
export type { Expected, Underway, Wish } from "./expected.ts";
export type {
  Block,
  BlockCost,
  CapacityProblem,
  CurrentPlan,
  Device,
  DeviceCapacity,
  Link,
  Objective,
  Placement,
  Planner,
  Policy,
  Problem,
  RequestShape,
  Run,
  Segment,
  Workload,
} from "./problem.ts";
