/** Who runs what: pure functions from a problem to a placement. */
export { evenSplit, placeCounts } from "./even.ts";
export { formatBytes } from "./problem.ts";
export type { BlockCost, DeviceCapacity, Placement, Planner, Problem, RequestShape, Segment } from "./problem.ts";
