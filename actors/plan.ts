/** The plan as it travels: what the leader has decided and every device knows. */
import * as v from "valibot";
import { Count, Identifier, Position, refTo, Sha256, ShortText } from "./wire.ts";
import type { ExecutorMessage } from "./executor/protocol.ts";

/** Plans are numbered: a leader's term first, then the plans of that leader. */
export const PlanNumber = v.object({ term: Count, epoch: Count });
export type PlanNumber = v.InferOutput<typeof PlanNumber>;

export const PlannedSegment = v.object({
  device: Identifier,
  name: ShortText,
  first: Count,
  last: Count,
  /** Bytes of weights and caches that the plan reserves. */
  bytes: Count,
  /** The segment executor. */
  ref: refTo<ExecutorMessage>(),
});
export type PlannedSegment = v.InferOutput<typeof PlannedSegment>;

const Time = v.pipe(v.number(), v.finite());

/** What the planner expects of a plan; the first token is predicted for a prompt of 128 tokens. */
export const PlanForecast = v.object({
  ttftMilliseconds: Time,
  /** From token to token of one answer. */
  tpotMilliseconds: Time,
  tokensPerSecond: Time,
  bottleneck: ShortText,
  solver: ShortText,
  /** How far the plan is from the best at most: 0 is proven to be the best. */
  gap: Time,
  verdict: ShortText,
  stages: v.pipe(
    v.array(v.object({ device: Identifier, decodeMilliseconds: Time, usableBytes: Time })),
    v.maxLength(1024),
  ),
  links: v.pipe(v.array(v.object({ name: ShortText, decodeMilliseconds: Time })), v.maxLength(1024)),
});
export type PlanForecast = v.InferOutput<typeof PlanForecast>;

/** A plan whose segments are loaded: prompts run on it. */
export const ActivePlan = v.object({
  number: PlanNumber,
  model: v.object({ id: Sha256, name: ShortText, blocks: Count }),
  /** How it was decided. */
  planner: v.picklist(["solver", "even", "pinned"]),
  context: Position,
  concurrency: Count,
  segments: v.pipe(v.array(PlannedSegment), v.minLength(1), v.maxLength(1024)),
  /** Only where the planner decided. */
  forecast: v.optional(PlanForecast),
});
export type ActivePlan = v.InferOutput<typeof ActivePlan>;

/** What the mesh can do right now. */
export const MeshState = v.variant("type", [
  v.object({ type: v.literal("active"), plan: ActivePlan }),
  v.object({ type: v.literal("waiting"), reason: ShortText }),
]);
export type MeshState = v.InferOutput<typeof MeshState>;

/** Orders plan numbers: negative where `a` is older than `b`. */
export function comparePlans(a: PlanNumber, b: PlanNumber): number {
  return a.term - b.term || a.epoch - b.epoch;
}
