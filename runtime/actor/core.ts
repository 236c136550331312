/** One actor system's own things, shared by the files of this folder and nobody else. */
import type { Clock } from "../clock.ts";
import { type Asks, Pending } from "./asks.ts";
import { type Cell, type Entry, Notice } from "./cell.ts";
import type { Inspector } from "./inspect.ts";
import type { Place } from "./nact.ts";
import { ANY, type DeviceId, type Message, type Ref, type Reply, REPLY_PATH } from "./ref.ts";
import type { Remote } from "./remote.ts";
import { Request } from "./request.ts";
import { Watch } from "./watch.ts";

export interface Core {
  readonly device: DeviceId;
  readonly clock: Clock;
  readonly inspector: Inspector;
  readonly asks: Asks;
  readonly remote: Remote;
  readonly stage: Place;
  /** By path. */
  readonly cells: Map<string, Cell>;
  /** How long the code of an actor that stops may take before it is left behind, ms. */
  readonly graceMs: number;
  /** A new incarnation, never seen before on any device. */
  incarnation(): string;
  stopped: boolean;
}

/** The actor that a ref of this device stands for, if it lives. */
export function find(core: Core, path: string, incarnation: string): Cell | undefined {
  const cell = core.cells.get(path);
  return cell !== undefined && (incarnation === ANY || cell.ref.incarnation === incarnation) ? cell : undefined;
}

/** Sends a message to wherever its actor lives. */
export function tell(core: Core, ref: Ref<never>, message: Message): void {
  if (ref.path === REPLY_PATH) return answer(core, ref, message as Reply<unknown>);
  if (ref.device !== core.device) return core.remote.tell(ref, message);
  deliver(core, find(core, ref.path, ref.incarnation), ref.path, message);
}

function answer(core: Core, ref: Ref<never>, { value }: Reply<unknown>): void {
  if (ref.device !== core.device) return core.remote.reply(ref, value);
  core.asks.settle(ref.incarnation, { type: "reply", value });
}

/** Hands a new ask on to its actor. */
export function dispatch(core: Core, ref: Ref<never>, pending: Pending): void {
  if (ref.device !== core.device) return core.remote.ask(ref, pending);
  deliver(core, find(core, ref.path, ref.incarnation), ref.path, pending);
}

/** Puts a message into the mailbox of an actor of this device, or says why not. */
export function deliver(core: Core, cell: Cell | undefined, path: string, entry: Message | Request): void {
  const request = entry instanceof Request ? entry : undefined;
  if (cell === undefined || cell.phase === "stopping" || cell.phase === "stopped") {
    core.inspector.drop(path, "dead", "no such actor lives here");
    request?.fail("stopped", `${path}: no such actor lives on ${core.device}`);
    return;
  }
  if (cell.queued >= cell.bound) {
    cell.overloaded++;
    core.inspector.drop(path, "overloaded", `its mailbox holds ${cell.queued} messages`);
    request?.fail("overloaded", `${path}: its mailbox holds ${cell.queued} messages`);
    return;
  }
  cell.queued++;
  push(cell, entry);
  if (core.inspector.listening) {
    const { type } = request === undefined ? (entry as Message) : request.message;
    core.inspector.emit({ type: "told", path, message: type, queued: cell.queued });
  }
}

/** Puts a message of the system's own into a mailbox; returns the notice, which can be cancelled until its turn. */
export function notify(cell: Cell, notice: Notice): void {
  if (cell.phase === "stopping" || cell.phase === "stopped") return;
  push(cell, notice);
}

function push(cell: Cell, entry: Entry): void {
  cell.mailbox.push(entry);
  wake(cell);
}

/** Makes a turn due unless one is. An actor that is starting wakes by itself. */
export function wake(cell: Cell): void {
  if (cell.awake) return;
  cell.awake = true;
  cell.place?.wake();
}

/** Starts watching; the watch may fire before this returns. `back` is the stream for word from another device. */
export function watch(core: Core, watch: Watch, back: "control" | "tensors"): void {
  const { ref } = watch;
  if (ref.device !== core.device) return core.remote.watch(watch, back);
  const cell = find(core, ref.path, ref.incarnation);
  if (cell === undefined) return watch.fire("unknown", `${ref.path}: no such actor lives on ${core.device}`);
  cell.watchers.add(watch);
  watch.detach = () => void cell.watchers.delete(watch);
}
