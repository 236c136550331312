/** How an actor is handed over: it leaves its state, waits, and goes on under another ref or where it was. */
import type { HandOver, HandOverOptions } from "./behaviour.ts";
import { type Cell, type Departure, Life, Notice } from "./cell.ts";
import { type Core, send } from "./core.ts";
import { find, wake } from "./home.ts";
import { letGo, remove, stopChildren } from "./life.ts";
import type { Ref } from "./ref.ts";
import { Request } from "./request.ts";

/** See `HandOverOptions`. */
const LEAVE_MS = 10_000;
const WAIT_MS = 30_000;

/** Asks an actor to leave; resolves when it waits between two lives. */
export async function handOver(
  core: Core,
  cell: Cell,
  { leaveMs = LEAVE_MS, waitMs = WAIT_MS }: HandOverOptions = {},
): Promise<HandOver> {
  checkLeaves(cell);
  const state = await leaving(core, cell, leaveMs);
  // A cell that leaves, stays and leaves again has another life each time.
  const { life } = cell;
  const waits = () => cell.phase === "leaving" && cell.life === life;
  const check = () => {
    if (waits()) return cancel();
    throw new Error(`${cell.path} waits no more to be handed over: it is ${cell.phase}`);
  };
  const stay = () => {
    cell.brought = state;
    cell.life = new Life();
    cell.phase = "starting";
    wake(cell);
  };
  const cancel = core.clock.after(waitMs, () => waits() && stay());
  return {
    state,
    get waits() {
      return waits();
    },
    moved(to) {
      if (!waits()) check();
      moveTo(core, cell, to);
      cancel();
    },
    stay() {
      check();
      stay();
    },
  };
}

function checkLeaves({ behaviour, path, phase, departure }: Cell): void {
  if (behaviour.leave === undefined) throw new TypeError(`${path} cannot be handed over: it has no leave`);
  if (departure === undefined && !["leaving", "stopping", "stopped"].includes(phase)) return;
  throw new Error(`${path} cannot be handed over: it is ${departure === undefined ? phase : "leaving"}`);
}

/** Has the actor leave at its next turn; what it leaves. Where that takes too long it goes on as if nothing had happened. */
async function leaving(core: Core, cell: Cell, leaveMs: number): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const departure: Departure = { resolve, reject, stage: "awaited" };
  const cancel = core.clock.after(leaveMs, () => {
    // Once it has left there is no way back but by `stay`, and what is still to end is bounded.
    if (departure.stage === "left") return;
    departure.stage = "given up";
    if (cell.departure === departure) cell.departure = undefined;
    reject(new Error(`${cell.path} cannot be handed over: it was not ready to leave in ${leaveMs} ms`));
  });
  cell.departure = departure;
  wake(cell);
  try {
    return await promise;
  } finally {
    cancel();
  }
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
    // Nobody may wait for it any more: then it has not left.
    if (departure?.stage === "awaited") {
      departure.stage = "left";
      if (cell.phase === "running") await endLife(core, cell, life);
      if (cell.phase === "leaving") departure.resolve(state);
      else departure.reject(new Error(`${cell.path} ended while it was handed over`));
    }
  } catch (error) {
    departure?.reject(error);
  }
  cell.busy = false;
  cell.inFlight = undefined;
  resolve();
}

async function endLife(core: Core, cell: Cell, life: Life): Promise<void> {
  cell.phase = "leaving";
  life.end();
  await stopChildren(core, cell);
  await letGo(core, cell, life, { type: "stopped", detail: "it was handed over" });
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
