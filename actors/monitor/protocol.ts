/** The monitor's messages. */
import * as v from "valibot";
import type { ComputeRates } from "../../models/compute/mod.ts";
import type { Proposal } from "../balancer/protocol.ts";
import { Count, replyTo } from "../wire.ts";

/** Bytes that a device sends another for a probe at most. */
export const MAX_ECHO_BYTES = 1 << 20;

/** What other devices may send: a request for so many bytes, to learn how fast they come. */
export const WireMonitorMessage = v.object({
  type: v.literal("echo"),
  bytes: v.pipe(Count, v.maxValue(MAX_ECHO_BYTES)),
  replyTo: replyTo<Uint8Array>(),
});

/** What a monitor is told. */
export type MonitorMessage =
  | v.InferOutput<typeof WireMonitorMessage>
  /** From the supervisor: what the segments that are loaded here take. */
  | { readonly type: "held"; readonly bytes: number }
  /** From the balancer: the leader is to have the latest measurements, and then this. */
  | { readonly type: "urge"; readonly proposal: Proposal }
  /** From itself: time to look. */
  | { readonly type: "measure" }
  /** From itself: the trial at start is done. */
  | { readonly type: "rated"; readonly rates: ComputeRates };
