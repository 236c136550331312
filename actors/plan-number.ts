/** The numbers of plans: a leader's term first, then what that leader has numbered. */
import * as v from "valibot";
import { Count } from "./wire.ts";

/** Plans are numbered: a leader's term first, then the plans of that leader. */
export const PlanNumber = v.object({ term: Count, epoch: Count });
export type PlanNumber = v.InferOutput<typeof PlanNumber>;

/** Orders plan numbers: negative where `a` is older than `b`. They are unique, whatever the model. */
export function comparePlans(a: PlanNumber, b: PlanNumber): number {
  return a.term - b.term || a.epoch - b.epoch;
}
