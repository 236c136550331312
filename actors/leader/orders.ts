/**
 * What the acting leader orders of a device, and what the device says back. An order goes to the leader actor of the device
 * that is to carry it out: that one alone knows who is elected, and passes on to its supervisor what the elected one says.
 */
import * as v from "valibot";
import { Heritage } from "../executor/heritage-protocol.ts";
import type { ExecutorMessage } from "../executor/protocol.ts";
import { BlockRuns } from "../block-runs.ts";
import { MeshState, PlanNumber } from "../plan.ts";
import { Count, Identifier, Position, refTo, Sha256, ShortText } from "../wire.ts";
import { ServingPolicy } from "./policy.ts";

/** How far a device is with its segment of a plan. */
export const Preparing = v.object({ type: v.literal("preparing"), number: PlanNumber, device: Identifier });
export const Prepared = v.object({
  type: v.literal("prepared"),
  number: PlanNumber,
  device: Identifier,
  ref: refTo<ExecutorMessage>(),
});
export const Unprepared = v.object({
  type: v.literal("unprepared"),
  number: PlanNumber,
  device: Identifier,
  reason: ShortText,
  /** Blocks that no device in reach gave it; absent where something else went wrong. */
  missing: v.optional(BlockRuns),
});
export type Preparation =
  | v.InferOutput<typeof Preparing>
  | v.InferOutput<typeof Prepared>
  | v.InferOutput<typeof Unprepared>;

const Assign = v.object({
  type: v.literal("assign"),
  number: PlanNumber,
  model: Sha256,
  policy: ServingPolicy,
  first: Count,
  last: Count,
  context: Position,
  concurrency: v.pipe(Count, v.minValue(1), v.maxValue(1024)),
  /** Tokens that the caches hold of all sequences together; absent: a whole context of each. */
  cacheTokens: v.optional(Count),
  bytes: Count,
  /** Devices that may have the manifest and the blocks. */
  sources: v.pipe(v.array(Identifier), v.maxLength(1024)),
  /** Who runs these blocks, for people, where they are only to mirror what is run there. */
  mirrorOf: v.optional(ShortText),
  /** The segments of the plan in force that run these blocks now: their caches come along. */
  heritage: v.optional(v.pipe(v.array(Heritage), v.maxLength(1024))),
  replyTo: refTo<Preparation>(),
});
export type AssignMessage = v.InferOutput<typeof Assign>;

/** The blocks of a segment go to others: the devices named may have what its caches hold. */
const Bequeath = v.object({
  type: v.literal("bequeath"),
  ref: refTo<never>(),
  heirs: v.pipe(v.array(Identifier), v.maxLength(1024)),
  leader: Identifier,
});
export type BequeathMessage = v.InferOutput<typeof Bequeath>;

const Reserve = v.object({
  type: v.literal("reserve"),
  model: Sha256,
  first: Count,
  last: Count,
  /** Who runs these blocks, for people. */
  owner: ShortText,
  sources: v.pipe(v.array(Identifier), v.maxLength(1024)),
  leader: Identifier,
});
export type ReserveMessage = v.InferOutput<typeof Reserve>;

const Publish = v.object({ type: v.literal("publish"), term: Count, leader: Identifier, state: MeshState });
export type PublishMessage = v.InferOutput<typeof Publish>;

/** An attempt at a plan is over: what was loaded for it, and no plan in force uses, is to be let go. */
const Withdraw = v.object({ type: v.literal("withdraw"), number: PlanNumber, leader: Identifier });
export type WithdrawMessage = v.InferOutput<typeof Withdraw>;

/** What a leader orders. */
export const Order = v.variant("type", [Assign, Bequeath, Reserve, Publish, Withdraw]);
export type Order = v.InferOutput<typeof Order>;

/** Who gives an order: the device that it must come from, and that must be elected for it to count. */
export function giverOf(order: Order): string {
  switch (order.type) {
    case "assign":
      return order.replyTo.device;
    case "bequeath":
    case "reserve":
    case "publish":
    case "withdraw":
      return order.leader;
    default:
      return order satisfies never;
  }
}

/** The term that an order belongs to; undefined where any term of its giver does. */
export function termOf(order: Order): number | undefined {
  switch (order.type) {
    case "assign":
    case "withdraw":
      return order.number.term;
    case "publish":
      return order.term;
    case "bequeath":
    case "reserve":
      return undefined;
    default:
      return order satisfies never;
  }
}
