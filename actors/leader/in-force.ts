/** Whether a placement is the one that is in force. */
import { cacheTokensOf, type RequestShape, type Run } from "../../plans/mod.ts";
import type { ActivePlan } from "../plan.ts";

/** Whether a placement is what the plan in force already does. */
export function isInForce(plan: ActivePlan, model: string, shape: RequestShape, segments: readonly Run[]): boolean {
  return plan.model.id === model && plan.context === shape.context && plan.concurrency === shape.concurrency &&
    cacheTokensOf(plan) === cacheTokensOf(shape) &&
    isSplit(plan.segments, segments);
}

/** Whether two placements give the same blocks to the same devices. */
export function isSplit(one: readonly Run[], other: readonly Run[]): boolean {
  return one.length === other.length && one.every(({ device, first, last }, index) => {
    const segment = other[index];
    return segment?.device === device && segment.first === first && segment.last === last;
  });
}
