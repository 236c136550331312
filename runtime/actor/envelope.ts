/** What actor systems say to each other, one frame each; every field is checked before it is believed. */
import { decode, encode } from "../codec.ts";
import type { AskFailure, Terminated } from "./behaviour.ts";
import { type Channel, isChannel, isIncarnation, isPath, parseRef, type Ref } from "./ref.ts";

export type Envelope =
  | { readonly type: "tell"; readonly path: string; readonly incarnation: string; readonly message: unknown }
  | {
    readonly type: "ask";
    readonly path: string;
    readonly incarnation: string;
    /** Null for a fence, see `FENCE`. */
    readonly message: unknown;
    readonly id: string;
    /** Milliseconds until nobody waits any more; clocks differ between devices, durations hardly. */
    readonly remainingMs: number;
  }
  | { readonly type: "reply"; readonly id: string; readonly value: unknown }
  | { readonly type: "refuse"; readonly id: string; readonly outcome: AskFailure; readonly reason: string }
  | {
    readonly type: "watch";
    readonly id: number;
    readonly path: string;
    readonly incarnation: string;
    /** The stream for the answer, so that it comes after what the actor told the watcher. */
    readonly back: Channel;
  }
  | { readonly type: "unwatch"; readonly id: number }
  | {
    readonly type: "terminated";
    readonly id: number;
    readonly reason: Terminated["reason"];
    readonly detail: string;
  }
  /** The actor of this path, incarnation and channel has a new ref. */
  | {
    readonly type: "moved";
    readonly path: string;
    readonly incarnation: string;
    readonly channel: Channel;
    readonly to: Ref<never>;
  };

/** The place of a type in this list is what travels. Never reorder: other devices know the places. */
const TYPES = ["tell", "ask", "reply", "refuse", "watch", "unwatch", "terminated", "moved"] as const;
const FAILURES = Object.keys(
  {
    timeout: true,
    stopped: true,
    unreachable: true,
    crashed: true,
    overloaded: true,
    "too-large": true,
    aborted: true,
  } satisfies Record<AskFailure, true>,
) as readonly AskFailure[];
const ENDS: readonly Terminated["reason"][] = ["stopped", "crashed", "unreachable", "unknown"];
const LONGEST_TEXT = 1000;
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Returns the frame of an envelope. Throws a `TypeError` if its message or value holds what cannot travel, a `RangeError`
 * if it is too large or too deep, see `encode` of the codec.
 */
export function pack(envelope: Envelope): Uint8Array {
  return encode([TYPES.indexOf(envelope.type), ...fields(envelope)]);
}

function fields(envelope: Envelope): unknown[] {
  switch (envelope.type) {
    case "tell":
      return [envelope.path, envelope.incarnation, envelope.message];
    case "ask":
      return [envelope.path, envelope.incarnation, envelope.message, envelope.id, envelope.remainingMs];
    case "reply":
      return envelope.value === undefined ? [envelope.id] : [envelope.id, envelope.value];
    case "refuse":
      return [envelope.id, envelope.outcome, envelope.reason.slice(0, LONGEST_TEXT)];
    case "watch":
      return [envelope.id, envelope.path, envelope.incarnation, envelope.back];
    case "unwatch":
      return [envelope.id];
    case "terminated":
      return [envelope.id, envelope.reason, envelope.detail.slice(0, LONGEST_TEXT)];
    case "moved":
      return [envelope.path, envelope.incarnation, envelope.channel, envelope.to];
  }
}

/** Returns the envelope in a frame from another device. Throws if the frame is malformed or a field makes no sense. */
export function unpack(frame: Uint8Array): Envelope {
  const value = decode(frame);
  if (!Array.isArray(value) || value.length < 2 || value.length > 6) {
    throw new TypeError("an envelope is a list of 2 to 6");
  }
  const [code, a, b, c, d, e] = value as readonly unknown[];
  const type = typeof code === "number" ? TYPES[code] : undefined;
  switch (type) {
    case "tell":
      return { type, path: path(a), incarnation: incarnation(b), message: c };
    case "ask":
      return {
        type,
        path: path(a),
        incarnation: incarnation(b),
        message: c,
        id: incarnation(d),
        remainingMs: duration(e),
      };
    case "reply":
      return { type, id: incarnation(a), value: b };
    case "refuse":
      return { type, id: incarnation(a), outcome: oneOf(FAILURES, b), reason: text(c) };
    case "watch":
      return { type, id: number(a), path: path(b), incarnation: incarnation(c), back: channel(d) };
    case "unwatch":
      return { type, id: number(a) };
    case "terminated":
      return { type, id: number(a), reason: oneOf(ENDS, b), detail: text(c) };
    case "moved":
      return { type, path: path(a), incarnation: incarnation(b), channel: channel(c), to: parseRef(d) };
    case undefined:
      throw new TypeError("an envelope of an unknown type");
  }
}

function path(value: unknown): string {
  return isPath(value) ? value : wrong("a path");
}

function incarnation(value: unknown): string {
  return isIncarnation(value) ? value : wrong("an incarnation or id");
}

function channel(value: unknown): Channel {
  return isChannel(value) ? value : wrong("a channel");
}

function number(value: unknown): number {
  return Number.isSafeInteger(value) ? value as number : wrong("a whole number");
}

function duration(value: unknown): number {
  return typeof value === "number" && value >= 0 && value <= LONGEST_MS ? value : wrong("a duration");
}

function text(value: unknown): string {
  return typeof value === "string" && value.length <= LONGEST_TEXT ? value : wrong("a short text");
}

function oneOf<T>(list: readonly T[], value: unknown): T {
  return list.find((item) => item === value) ?? wrong(`one of ${list.join(", ")}`);
}

function wrong(expected: string): never {
  throw new TypeError(`an envelope with something else where it has ${expected}`);
}
