/** How an actor is handed over: it leaves its state, waits, and goes on under another ref or where it was. */
import type { HandOver, StopReason } from "./behaviour.ts";
import { type Cell, Life, Notice } from "./cell.ts";
import { type Core, send } from "./core.ts";
import { find, wake } from "./home.ts";
import { letGo, remove, stopChildren } from "./life.ts";
import type { Ref } from "./ref.ts";
import { Request } from "./request.ts";

/** Asks an actor to leave; resolves when it waits between two lives. */
export async function handOver(core: Core, cell: Cell): Promise<HandOver> {
  if (cell.behaviour.leave === undefined) throw new TypeError(`${cell.path} cannot be handed over: it has no leave`);
  if (cell.departure !== undefined || ["leaving", "stopping", "stopped"].includes(cell.phase)) {
    throw new Error(
      `${cell.path} cannot be handed over: it is ${cell.departure === undefined ? cell.phase : "leaving"}`,
    );
  }
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  cell.departure = { resolve, reject };
  wake(cell);
  const state = await promise;
  return {
    state,
    moved(to) {
      checkWaits(cell);
      moveTo(core, cell, to);
    },
    stay() {
      checkWaits(cell);
      cell.brought = state;
      cell.life = new Life();
      cell.phase = "starting";
      wake(cell);
    },
  };
}

/** An actor's turn to leave. Never rejects: who waits for the state is told. */
export async function depart(core: Core, cell: Cell): Promise<void> {
  const { departure, life } = cell;
  cell.departure = undefined;
  const { promise, resolve } = Promise.withResolvers<void>();
  cell.busy = true;
  cell.inFlight = promise;
  try {
    const state = await cell.behaviour.leave?.(life.state);
    if (cell.phase === "running") {
      cell.phase = "leaving";
      life.end();
      await stopChildren(core, cell);
      const reason: StopReason = { type: "stopped", detail: "it was handed over" };
      await letGo(core, cell, life, reason);
    }
    if (cell.phase === "leaving") departure?.resolve(state);
    else departure?.reject(new Error(`${cell.path} ended while it was handed over`));
  } catch (error) {
    departure?.reject(error);
  }
  cell.busy = false;
  cell.inFlight = undefined;
  resolve();
}

function checkWaits(cell: Cell): void {
  if (cell.phase !== "leaving") throw new Error(`${cell.path} waits no more to be handed over: it is ${cell.phase}`);
}

/** Puts the address of the new life in the place of the old one. */
function moveTo(core: Core, cell: Cell, to: Ref<never>): void {
  const moved = core.moves.add(cell, to);
  remove(core, cell);
  cell.ending = Promise.resolve();
  core.inspector.emit({ type: "moved", path: cell.path, to });
  const target = to.device === core.device ? find(core, to.path, to.incarnation) : undefined;
  // On this device an ask is bound to whoever has the state; elsewhere it ends with that actor, by `follow`.
  if (target !== undefined) {
    for (const request of [...cell.unanswered]) {
      request.release();
      request.holdIn(target.unanswered);
    }
  }
  const now = core.clock.now();
  cell.queued = 0;
  for (let entry = cell.mailbox.shift(); entry !== undefined; entry = cell.mailbox.shift()) {
    if (entry instanceof Notice) continue;
    if (entry instanceof Request && !entry.isOpen(now)) {
      core.inspector.drop(cell.path, "expired", "the ask was over before the actor had moved");
    } else send(core, to, entry);
  }
  moved.follow();
}
