/** References to actors: plain data that means the same on every device, and may travel in any message. */
import type { Channel, DeviceId } from "../transport.ts";

export type { Channel, DeviceId } from "../transport.ts";

/** What actors send each other: plain, readonly, wire-safe, told apart by `type`. A protocol is a union of these. */
export interface Message {
  readonly type: string;
}

declare const protocol: unique symbol;

/**
 * Where an actor lives, typed by what it understands. A ref to an actor that understands more may stand where one that
 * understands less is asked for, so `Ref<never>` is any ref at all.
 */
export interface Ref<in M extends Message> {
  readonly device: DeviceId;
  /** Names from the root: "/supervisor/executor-1". */
  readonly path: string;
  /** Which actor of that path: a ref never reaches a later actor of the same name. `ANY` for whatever lives there. */
  readonly incarnation: string;
  readonly channel: Channel;
  /** Only for the type checker; never there. */
  readonly [protocol]?: (message: M) => void;
}

/** The answer to an ask. */
export interface Reply<R> {
  readonly type: "reply";
  readonly value: R;
}

/** The incarnation of a well-known actor's ref: whatever lives at the path. */
export const ANY = "*";

/** The path of the ref that stands for a waiting ask; its incarnation is the ask's id, which nobody can guess. */
export const REPLY_PATH = "?";

/** The path at which each system takes actors that move to it; no actor can have it. */
export const ARRIVALS_PATH = "?arrivals";

const MAX_DEVICE = 128;
const MAX_PATH = 512;
const MAX_INCARNATION = 64;

/** Whether two refs stand for the same actor. */
export function sameRef(a: Ref<never>, b: Ref<never>): boolean {
  return a.device === b.device && a.path === b.path && a.incarnation === b.incarnation;
}

/** A text that is the same for two refs exactly when `sameRef` holds. */
export function refKey(ref: Ref<never>): string {
  return `${ref.device} ${ref.path} ${ref.incarnation}`;
}

/**
 * Returns the ref in a value from another device, for use in a behaviour's `accepts`. That the actor understands `M` is
 * the sender's word; its own `accepts` is what protects it, unless it lives here: see `parseReplyTo` for refs to answer.
 * Throws a `TypeError` if the value is no ref to an actor.
 */
export function parseRef<M extends Message>(value: unknown): Ref<M> {
  const ref = parse(value);
  if (!ref.path.startsWith("/")) throw new TypeError(`a ref to an actor has a path from "/", not ${quote(ref.path)}`);
  return ref;
}

/**
 * Returns the ref that an ask from another device wants its answer sent to. Unlike `parseRef` it can only ever lead to a
 * waiting ask, so a peer cannot make this device tell its own actors things. Throws a `TypeError` otherwise.
 */
export function parseReplyTo<R>(value: unknown): Ref<Reply<R>> {
  const ref = parse(value);
  if (ref.path !== REPLY_PATH) {
    throw new TypeError(`a ref to answer has the path "${REPLY_PATH}", not ${quote(ref.path)}`);
  }
  return ref;
}

function parse(value: unknown): Ref<Message> {
  if (typeof value !== "object" || value === null) throw new TypeError(`a ref is an object, not ${quote(value)}`);
  const { device, path, incarnation, channel } = value as Readonly<Record<string, unknown>>;
  if (!isText(device, MAX_DEVICE)) throw new TypeError(`a ref's device is a peer id, not ${quote(device)}`);
  if (!isText(path, MAX_PATH)) throw new TypeError(`a ref's path is a text, not ${quote(path)}`);
  if (!isText(incarnation, MAX_INCARNATION)) {
    throw new TypeError(`a ref's incarnation is a text, not ${quote(incarnation)}`);
  }
  if (!isChannel(channel)) throw new TypeError(`a ref's channel is "control" or "tensors", not ${quote(channel)}`);
  return { device, path, incarnation, channel };
}

/** Whether a value from elsewhere is a path that an envelope may name. */
export function isPath(value: unknown): value is string {
  return isText(value, MAX_PATH);
}

/** Whether a value from elsewhere can be an incarnation. */
export function isIncarnation(value: unknown): value is string {
  return isText(value, MAX_INCARNATION);
}

/** Whether a value from elsewhere names a channel. */
export function isChannel(value: unknown): value is Channel {
  return value === "control" || value === "tensors";
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= longest;
}

function quote(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : `a ${value === null ? "null" : typeof value}`;
}
