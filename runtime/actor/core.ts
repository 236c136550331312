/** One actor system's own things, and the way of a message to its actor, here or elsewhere. */
import type { Pending } from "./asks.ts";
import type { Context } from "./behaviour.ts";
import type { Cell, Life } from "./cell.ts";
import { deliver, find, type Home } from "./home.ts";
import type { Place } from "./nact.ts";
import { type Channel, type DeviceId, type Message, type Ref, type Reply, REPLY_PATH } from "./ref.ts";
import type { Watch } from "./watch.ts";

export interface Core extends Home {
  readonly far: Far;
  readonly stage: Place;
  /** How long the code of an actor that stops may take before it is left behind, ms. */
  readonly graceMs: number;
  /** A new incarnation, never seen before on any device. */
  incarnation(): string;
  /** The view of the world for one life of an actor. */
  contextOf(cell: Cell, life: Life): Context<Message>;
  stopped: boolean;
}

/** The way to other devices. */
export interface Far {
  tell(ref: Ref<never>, message: Message): void;
  ask(ref: Ref<never>, pending: Pending): void;
  /** Answers an ask that another device made, of an actor here or elsewhere. */
  reply(ref: Ref<never>, value: unknown): void;
  /** Starts watching; may fire before it returns. `back` is the stream for the word of the end. */
  watch(watch: Watch, back: Channel): void;
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
  if (ref.device !== core.device) return core.far.tell(ref, message);
  deliver(core, find(core, ref.path, ref.incarnation), ref.path, message);
}

function answer(core: Core, ref: Ref<never>, { value }: Reply<unknown>): void {
  if (ref.device !== core.device) return core.far.reply(ref, value);
  core.asks.settle(ref.incarnation, { type: "reply", value });
}

/** Hands a new ask on to its actor. */
export function dispatch(core: Core, ref: Ref<never>, pending: Pending): void {
  if (ref.device !== core.device) return core.far.ask(ref, pending);
  deliver(core, find(core, ref.path, ref.incarnation), ref.path, pending);
}

/** Starts watching; the watch may fire before this returns. `back` is the stream for word from another device. */
export function watch(core: Core, watch: Watch, back: Channel): void {
  const { ref } = watch;
  if (ref.device !== core.device) return core.far.watch(watch, back);
  const cell = find(core, ref.path, ref.incarnation);
  if (cell === undefined) return watch.fire("unknown", `${ref.path}: no such actor lives on ${core.device}`);
  cell.watchers.add(watch);
  watch.detach = () => void cell.watchers.delete(watch);
}
