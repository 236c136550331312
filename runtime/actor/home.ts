/** What a device knows of its own actors, and how they are given messages; shared by the files of this folder. */
import type { Clock } from "../clock.ts";
import type { Doorkeeper } from "./accept.ts";
import type { Asks } from "./asks.ts";
import type { Cell, Entry, Notice } from "./cell.ts";
import type { Inspector } from "./inspect.ts";
import type { Moves } from "./moves.ts";
import { ANY, type DeviceId, type Message, type Ref } from "./ref.ts";
import { FENCE, Request } from "./request.ts";

/** Where a message from another device is taken. */
export interface Destination {
  readonly door: Doorkeeper;
  readonly deliver: (entry: Message | Request) => void;
}

export interface Home {
  readonly device: DeviceId;
  readonly clock: Clock;
  readonly inspector: Inspector;
  readonly asks: Asks;
  /** By path. */
  readonly cells: Map<string, Cell>;
  readonly moves: Moves;
  /** Where another device's relocations are taken, see `Arrivals`. */
  arrivalsOf(device: DeviceId): Destination;
  /** Sends a message to wherever its actor lives, on any device. */
  send(ref: Ref<never>, entry: Message | Request): void;
}

/** The actor that a ref of this device stands for, if it lives. */
export function find(home: Home, path: string, incarnation: string): Cell | undefined {
  const cell = home.cells.get(path);
  return cell !== undefined && (incarnation === ANY || cell.ref.incarnation === incarnation) ? cell : undefined;
}

/** Puts a message into the mailbox of an actor of this device, or says why not. */
export function deliver(home: Home, cell: Cell | undefined, path: string, entry: Message | Request): void {
  const request = entry instanceof Request ? entry : undefined;
  if (cell === undefined || cell.phase === "stopping" || cell.phase === "stopped") {
    home.inspector.drop(path, "dead", "no such actor lives here");
    request?.fail("stopped", `${path}: no such actor lives on ${home.device}`);
    return;
  }
  if (request?.message === FENCE) return request.answer(null);
  if (cell.queued >= cell.bound) {
    cell.overloaded++;
    home.inspector.drop(path, "overloaded", `its mailbox holds ${cell.queued} messages`);
    request?.fail("overloaded", `${path}: its mailbox holds ${cell.queued} messages`);
    return;
  }
  cell.queued++;
  push(cell, entry);
  if (home.inspector.listening) {
    const { type } = request === undefined ? (entry as Message) : request.message;
    home.inspector.emit({ type: "told", path, message: type, queued: cell.queued });
  }
}

/** Puts a message of the system's own into a mailbox; the notice can be cancelled until its turn. */
export function notify(cell: Cell, notice: Notice): void {
  if (cell.phase === "stopping" || cell.phase === "stopped") return;
  push(cell, notice);
}

/** Makes a turn due unless one is. An actor that is starting wakes by itself. */
export function wake(cell: Cell): void {
  if (cell.awake) return;
  cell.awake = true;
  cell.place?.wake();
}

function push(cell: Cell, entry: Entry): void {
  cell.mailbox.push(entry);
  wake(cell);
}
