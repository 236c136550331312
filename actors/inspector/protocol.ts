/** The inspector's messages: a look at a device, for people anywhere in the mesh. */
import * as v from "valibot";
import { ExecutorLook } from "../executor/protocol.ts";
import { DeviceReport } from "../leader/protocol.ts";
import type { Ref } from "../../runtime/actor/mod.ts";
import { accepting, Count, Identifier, Milliseconds, refTo, replyTo, ShortText } from "../wire.ts";
import { type Followed, HappeningType } from "./happening.ts";

const Seconds = v.pipe(v.number(), v.finite(), v.minValue(0));

/** One actor as an inspector sees it. */
export const ActorRow = v.object({
  path: ShortText,
  state: ShortText,
  mailbox: Count,
  mailboxBound: Count,
  handled: Count,
  meanMilliseconds: v.number(),
  lastMilliseconds: v.number(),
  restarts: Count,
  /** Of a hundred messages ninety-nine took no longer, within a fifth; absent from devices of older versions, as what follows. */
  p99Milliseconds: v.optional(Milliseconds),
  /** Since its latest start. */
  upMilliseconds: v.optional(Milliseconds),
});
export type ActorRow = v.InferOutput<typeof ActorRow>;

/** A segment and how busy it is. */
export const SegmentRow = v.object({
  path: ShortText,
  model: v.optional(ShortText),
  modelName: v.optional(ShortText),
  first: Count,
  last: Count,
  bytes: Count,
  weightBytes: Count,
  /** Slots, queues and pace of its executor; absent where it did not say. */
  look: v.optional(ExecutorLook),
});
export type SegmentRow = v.InferOutput<typeof SegmentRow>;

const Said = v.object({ text: ShortText, millisecondsAgo: v.number() });

/** A balancer: what it judged of the plan in force, and what came of its last proposal. */
export const BalanceRow = v.object({
  /** Whether it may propose anything. */
  on: v.boolean(),
  /** Windows judged under the plan in force. */
  windows: Count,
  /** Measured by predicted time of a step, in the last window with work. */
  ratio: v.optional(v.number()),
  finding: ShortText,
  /** What is given up for the device's owner. */
  yielding: v.optional(ShortText),
  proposal: v.optional(Said),
  verdict: v.optional(Said),
});
export type BalanceRow = v.InferOutput<typeof BalanceRow>;

/** Something that happened, in a sentence, and how long ago. */
export const PastEvent = v.object({ millisecondsAgo: v.number(), type: ShortText, text: ShortText });
export type PastEvent = v.InferOutput<typeof PastEvent>;

/** A device as an inspector sees it. */
export const DeviceView = v.object({
  device: Identifier,
  name: ShortText,
  leader: v.optional(Identifier),
  term: Count,
  memory: v.object({ usableBytes: Count, totalBytes: Count, processBytes: Count }),
  /** Seconds that the daemon has computed, on all cores together, and that it has been up; absent where none tell. */
  processSeconds: v.optional(v.object({ computed: Seconds, up: Seconds })),
  /** What planning goes by: see `DeviceReport`. */
  speed: v.object({
    slowdown: v.number(),
    rates: v.optional(DeviceReport.entries.rates),
    work: DeviceReport.entries.work,
  }),
  sensors: DeviceReport.entries.sensors,
  links: v.pipe(
    v.array(v.object({
      device: Identifier,
      name: ShortText,
      roundTripMilliseconds: v.optional(v.number()),
      /** From that device to this one. */
      bytesPerSecond: v.optional(v.number()),
    })),
    v.maxLength(1024),
  ),
  /** What the device's balancer has found lately; absent from devices that have none. */
  balance: v.optional(BalanceRow),
  segments: v.pipe(v.array(SegmentRow), v.maxLength(256)),
  actors: v.pipe(v.array(ActorRow), v.maxLength(4096)),
  /** Frames and bytes since the daemon began, and what went nowhere, by reason. */
  counters: v.optional(v.object({
    framesIn: Count,
    framesOut: Count,
    bytesIn: Count,
    bytesOut: Count,
    dropped: v.record(ShortText, Count),
  })),
  /** The latest, oldest first. */
  events: v.optional(v.pipe(v.array(PastEvent), v.maxLength(256))),
  /** Events before those, which are not kept any more. */
  forgottenEvents: v.optional(Count),
});
export type DeviceView = v.InferOutput<typeof DeviceView>;

/** From whoever wants to hear what happens here, until it ends or its device is lost. Once more with another wish: that one holds. */
const Follow = v.object({
  type: v.literal("follow"),
  to: refTo<Followed>(),
  types: v.pipe(v.array(HappeningType), v.maxLength(64)),
  path: v.optional(ShortText),
  everyMs: v.pipe(Count, v.minValue(50), v.maxValue(60_000)),
  /** How many of what happened lately are to be told first. */
  past: v.pipe(Count, v.maxValue(128)),
});

/** What an inspector is told, by any device of the mesh. */
export const WireInspectorMessage = v.variant("type", [
  v.object({ type: v.literal("view"), replyTo: replyTo<DeviceView>() }),
  Follow,
]);
export type InspectorMessage =
  | v.InferOutput<typeof WireInspectorMessage>
  /** From itself: a follower is to have a word. */
  | { readonly type: "due"; readonly to: Ref<Followed> }
  /** From itself: a follower is no more. */
  | { readonly type: "unfollow"; readonly to: Ref<Followed> };

/** Parses what another device sent: nobody has others told things. @throws a ValiError */
export const acceptInspectorMessage = accepting<InspectorMessage>(
  WireInspectorMessage,
  (message) => message.type === "follow" ? [message.to.device] : [],
);
