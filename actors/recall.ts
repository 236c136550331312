/**
 * What outlives a leader: published with each model, so that any device can lead on as the one before did, and say who is
 * waited for.
 */
import * as v from "valibot";
import { BlockRuns } from "./block-runs.ts";
import { ServingPolicy, Split } from "./leader/policy.ts";
import { PlanNumber } from "./plan-number.ts";
import { Identifier, ShortText } from "./wire.ts";

/** The split that people asked for, or `null` where they left it to the planner again; numbered like a plan: the later counts. */
export const Pin = v.object({ split: v.nullable(Split), number: PlanNumber });
export type Pin = v.InferOutput<typeof Pin>;

/** A device with blocks of a model on its disk; `here`: in reach of the leader. */
export const Holder = v.object({ device: Identifier, name: ShortText, here: v.boolean(), blocks: BlockRuns });
export type Holder = v.InferOutput<typeof Holder>;

/** Devices that are named with a model at most: as many as a mesh has, and as many again that are away. */
export const MAX_HOLDERS = 128;

export const Recall = v.object({
  policy: ServingPolicy,
  /** Absent: nobody has ever asked for a split. */
  pin: v.optional(Pin),
  holders: v.pipe(v.array(Holder), v.maxLength(MAX_HOLDERS)),
});
export type Recall = v.InferOutput<typeof Recall>;
