/** One actor system's own things, and the way of a message to its actor, here or elsewhere. */
import type { Context, Offer } from "./behaviour.ts";
import type { Cell, Life } from "./cell.ts";
import { deliver, find, type Home } from "./home.ts";
import { Moved } from "./moves.ts";
import type { Place } from "./nact.ts";
import type { Reroutes } from "./reroutes.ts";
import { Request } from "./request.ts";
import { type Channel, type DeviceId, type Message, type Ref, type Reply, REPLY_PATH } from "./ref.ts";
import type { Watch } from "./watch.ts";

export interface Core extends Home {
  readonly far: Far;
  readonly reroutes: Reroutes;
  readonly receptions: Receptions;
  readonly stage: Place;
  /** How long the code of an actor that stops may take before it is left behind, ms. */
  readonly graceMs: number;
  /** A new incarnation, never seen before on any device. */
  incarnation(): string;
  /** The view of the world for one life of an actor. */
  contextOf(cell: Cell, life: Life): Context<Message>;
  /** Forgets the actors that are on their way here. */
  closeArrivals(): void;
  stopped: boolean;
}

/** Who takes actors of other devices in, by kind. */
export type Receptions = Map<string, Reception>;

/** An actor that takes actors of a kind in. */
export interface Reception {
  /** Their parent. */
  readonly cell: Cell;
  /** Its life that takes them. */
  readonly life: Life;
  offer(offer: Offer<Message>): void;
}

/** The way to other devices. */
export interface Far {
  tell(ref: Ref<never>, message: Message): void;
  ask(ref: Ref<never>, request: Request): void;
  /** Answers an ask that another device made, of an actor here or elsewhere. */
  reply(ref: Ref<never>, value: unknown): void;
  /** Starts watching the actor at `ref`; may fire before it returns. `back` is the stream for the word of the end. */
  watch(ref: Ref<never>, watch: Watch, back: Channel): void;
  /** Calls `lost` once when the connection to a device is lost, before it returns if there is none. Returns the end. */
  watchDevice(device: DeviceId, lost: (detail: string) => void): () => void;
  /** What went over the transport since the system was made. */
  traffic(): Traffic;
  /** Lets go of the transport. */
  close(): void;
}

/** Frames and their bytes. */
export interface Traffic {
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Sends a message to wherever its actor lives. */
export function tell(core: Core, ref: Ref<never>, message: Message): void {
  if (ref.path === REPLY_PATH) return answer(core, ref, message as Reply<unknown>);
  send(core, ref, message);
}

/** Sends a message, or an ask made here or elsewhere, to wherever its actor lives or has gone. */
export function send(core: Core, ref: Ref<never>, entry: Message | Request): void {
  if (ref.device !== core.device) {
    if (!core.reroutes.take(ref, entry)) sendFar(core, ref, entry);
    return;
  }
  const cell = find(core, ref.path, ref.incarnation);
  const moved = cell === undefined ? core.moves.get(ref.path, ref.incarnation) : undefined;
  if (moved !== undefined) return send(core, moved.to, entry);
  if (entry instanceof Request) entry.sentTo = undefined;
  deliver(core, cell, ref.path, entry);
}

/** Sends a message to the device of its ref. */
export function sendFar(core: Core, ref: Ref<never>, entry: Message | Request): void {
  if (entry instanceof Request) core.far.ask(ref, entry);
  else core.far.tell(ref, entry);
}

function answer(core: Core, ref: Ref<never>, { value }: Reply<unknown>): void {
  if (ref.device !== core.device) return core.far.reply(ref, value);
  core.asks.settle(ref.incarnation, { type: "reply", value });
}

/** Starts watching; the watch may fire before this returns. `back` is the stream for word from another device. */
export function watch(core: Core, watch: Watch, back: Channel): void {
  const ref = core.reroutes.resolve(watch.ref);
  if (ref.device !== core.device) return core.far.watch(ref, watch, back);
  const kept = find(core, ref.path, ref.incarnation) ?? core.moves.get(ref.path, ref.incarnation);
  if (kept === undefined) return watch.fire("unknown", `${ref.path}: no such actor lives on ${core.device}`);
  kept.watchers.add(watch);
  watch.detach = () => void kept.watchers.delete(watch);
  if (kept instanceof Moved) kept.follow();
}
