/** What happens on a device, as others follow it: when by the wall clock, where, what kind, and in a sentence. */
import * as v from "valibot";
import type { InspectEvent } from "../../runtime/actor/mod.ts";
import type { DeviceEvent } from "../events.ts";
import { Count, Identifier, ShortText } from "../wire.ts";
import { describeEvent } from "./describe.ts";

/** Happenings in one word to a follower. */
export const MAX_HAPPENINGS = 256;
/** Longest name of a kind of happening. */
const MAX_TYPE = 32;

/** The name of a kind of happening: a `DeviceEvent`'s, a peer's coming and going, or an actor event's. */
export const HappeningType = v.pipe(v.string(), v.regex(/^[a-z-]+$/), v.maxLength(MAX_TYPE));

export const Happening = v.object({
  /** Milliseconds since 1970, by the clock of the device where it happened. */
  at: v.pipe(v.number(), v.finite()),
  device: Identifier,
  /** What people call the device. */
  name: ShortText,
  type: HappeningType,
  /** In a sentence. */
  text: ShortText,
  /** The actor that it is about. */
  path: v.optional(ShortText),
  /** How many of its kind it stands for: what comes many times a second is told once an interval. Default: 1. */
  times: v.optional(Count),
  /** How long it took, where it took time. */
  milliseconds: v.optional(v.number()),
  bytes: v.optional(Count),
  /** The event itself, for programs. */
  event: v.optional(v.record(v.string(), v.unknown())),
});
export type Happening = v.InferOutput<typeof Happening>;

/** What a follower hears, at the pace that it asked for. */
export const Followed = v.object({
  type: v.literal("happened"),
  happenings: v.pipe(v.array(Happening), v.maxLength(MAX_HAPPENINGS)),
  /** Happenings that there was no room for. */
  missed: Count,
});
export type Followed = v.InferOutput<typeof Followed>;

/** A happening before it is known where and when. */
export interface Happened extends Omit<Happening, "at" | "device" | "name"> {
  /** Those of one key are one in an interval, the latest. Absent for what is told each time. */
  readonly sampledAs?: string;
}

/** Kinds that actors make with every message: followed only where they are asked for. */
const ACTOR_TYPES = ["spawned", "restarted", "told", "handled", "crashed", "stopped", "moved", "dropped", "frame"];

/** Which happenings somebody wants to hear of. */
export interface Wanted {
  /** Their kinds; empty for all but what actors make with every message; `all` for those too. */
  readonly types: readonly string[];
  /** Of this actor and those below it only. */
  readonly path?: string | undefined;
}

/** Whether actors' events are among what is wanted. */
export function wantsActors({ types, path }: Wanted): boolean {
  return path !== undefined || types.some((type) => type === "all" || ACTOR_TYPES.includes(type));
}

export function isWanted({ type, path }: Happened, wanted: Wanted): boolean {
  if (wanted.path !== undefined && path !== wanted.path && path?.startsWith(`${wanted.path}/`) !== true) return false;
  if (wanted.types.length === 0) return wanted.path !== undefined || !ACTOR_TYPES.includes(type);
  return wanted.types.includes("all") || wanted.types.includes(type);
}

/** A device's event. */
export function ofDevice(event: DeviceEvent): Happened {
  const happened = { type: event.type, text: describeEvent(event).slice(0, 2000), event: { ...event } };
  if (event.type === "fetching") return { ...happened, sampledAs: "fetching" };
  if (event.type === "answer" && event.stage === "going") return { ...happened, sampledAs: `going ${event.id}` };
  return happened;
}

/** An actor's event. */
export function ofActors(event: InspectEvent): Happened {
  const { type } = event;
  switch (type) {
    case "spawned":
    case "restarted":
      return { type, path: event.path, text: type, milliseconds: event.ms };
    case "told":
      return {
        type,
        path: event.path,
        text: `${event.message}, ${event.queued} waiting`,
        sampledAs: `told ${event.path}`,
      };
    case "handled":
      return {
        type,
        path: event.path,
        text: `${event.message} in ${event.ms.toFixed(3)} ms`,
        milliseconds: event.ms,
        sampledAs: `handled ${event.path}`,
      };
    case "crashed":
      return { type, path: event.path, text: event.error.slice(0, 2000) };
    case "stopped":
      return { type, path: event.path, text: event.detail.slice(0, 2000) };
    case "moved":
      return { type, path: event.path, text: `to ${event.to.path} of ${event.to.device}` };
    case "dropped":
      return { type, path: event.path, text: `${event.why}: ${event.detail}`.slice(0, 2000) };
    case "frame": {
      const { direction, device, channel, bytes } = event;
      return {
        type,
        text: `${direction === "in" ? "from" : "to"} ${device}, ${channel}: ${bytes} bytes`,
        bytes,
        sampledAs: `frame ${direction} ${device} ${channel}`,
      };
    }
    default:
      return event satisfies never;
  }
}
