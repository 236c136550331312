/** How an actor starts, crashes, starts anew and ends. */
import { within } from "../clock.ts";
import { errorText } from "../error-text.ts";
import type { StopReason } from "./behaviour.ts";
import { type Cell, Life, Notice } from "./cell.ts";
import type { Core } from "./core.ts";
import { Request } from "./request.ts";

/** Starts a life. Never rejects: a start that throws is a crash. */
export async function begin(core: Core, cell: Cell): Promise<void> {
  const { life } = cell;
  const began = core.clock.now();
  let crashed = false;
  let thrown: unknown;
  cell.context = core.contextOf(cell, life);
  cell.busy = true;
  try {
    const { brought } = cell;
    cell.brought = undefined;
    const result = cell.behaviour.start(cell.context, brought);
    if (result instanceof Promise) cell.inFlight = result.then(ignore, ignore);
    life.state = await result;
    life.hasState = true;
  } catch (error) {
    crashed = true;
    thrown = error;
  }
  cell.busy = false;
  cell.inFlight = undefined;
  if (cell.phase !== "starting") return;
  if (crashed) return await crash(core, cell, thrown);
  cell.phase = "running";
  cell.startedAt = core.clock.now();
  if (core.inspector.listening) {
    const type = cell.restarts === 0 ? "spawned" : "restarted";
    core.inspector.emit({ type, path: cell.path, ms: core.clock.now() - began });
  }
}

/** A start or handler threw: a new life if the policy allows, else the end. */
export async function crash(core: Core, cell: Cell, error: unknown): Promise<void> {
  const detail = errorText(error);
  core.inspector.crash(cell.path, detail);
  const reason: StopReason = { type: "crashed", detail };
  if (cell.restart.policy === "temporary") return await stopCell(core, cell, reason);
  await startAnew(core, cell, reason);
}

/** A handler returned `stop()`: the end, unless the actor is permanent. */
export async function endItself(core: Core, cell: Cell, detail: string): Promise<void> {
  const reason: StopReason = { type: "stopped", detail };
  if (cell.restart.policy !== "permanent") return await stopCell(core, cell, reason);
  await startAnew(core, cell, reason);
}

async function startAnew(core: Core, cell: Cell, reason: StopReason): Promise<void> {
  const { restarts, seconds } = cell.restart;
  const now = core.clock.now();
  cell.restartTimes = cell.restartTimes.filter((time) => time > now - seconds * 1000);
  if (cell.restartTimes.length >= restarts) {
    const detail = `${reason.detail} (and had ${restarts} restarts in ${seconds} s already)`;
    return await stopCell(core, cell, { type: "crashed", detail });
  }
  cell.restartTimes.push(now);
  const old = cell.life;
  const { promise, resolve } = Promise.withResolvers<void>();
  cell.phase = "restarting";
  cell.busy = true;
  cell.inFlight = promise;
  old.end();
  for (const request of [...cell.unanswered]) request.fail(reason.type, `${cell.path}: ${reason.detail}`);
  await stopChildren(core, cell);
  await letGo(core, cell, old, reason);
  resolve();
  // Told to stop meanwhile: whoever did so goes on from here.
  if (cell.phase !== "restarting") return;
  cell.busy = false;
  cell.inFlight = undefined;
  cell.restarts++;
  cell.life = new Life();
  cell.phase = "starting";
  await begin(core, cell);
}

/** Stops an actor, its children first; resolves when all have ended. Never rejects. */
export function stopCell(core: Core, cell: Cell, reason: StopReason): Promise<void> {
  if (cell.ending !== undefined) return cell.ending;
  const { promise, resolve } = Promise.withResolvers<void>();
  cell.ending = promise;
  cell.phase = "stopping";
  cell.departure?.reject(new Error(`${cell.path} ended before it could be handed over`));
  cell.departure = undefined;
  cell.life.end();
  emptyMailbox(core, cell, reason);
  void finish(core, cell, reason).then(resolve);
  return promise;
}

async function finish(core: Core, cell: Cell, reason: StopReason): Promise<void> {
  if (cell.busy) {
    // One step, so that a handler which is on the stack returns and shows whether it goes on as a promise.
    await null;
    const { inFlight } = cell;
    if (inFlight !== undefined && !(await within(core.clock, core.graceMs, inFlight))) {
      const error = `left behind: its handler went on for ${core.graceMs} ms after the stop`;
      core.inspector.crash(cell.path, error);
    }
  }
  await stopChildren(core, cell);
  await letGo(core, cell, cell.life, reason);
  remove(core, cell);
  for (const request of [...cell.unanswered]) request.fail(reason.type, `${cell.path}: ${reason.detail}`);
  core.inspector.emit({ type: "stopped", path: cell.path, reason: reason.type, detail: reason.detail });
  for (const watch of [...cell.watchers]) watch.fire(reason.type, reason.detail);
}

/** Takes an actor out of where it can be found. */
export function remove(core: Core, cell: Cell): void {
  cell.phase = "stopped";
  core.cells.delete(cell.path);
  cell.parent?.children.delete(cell.name);
  cell.place?.remove();
}

function emptyMailbox(core: Core, cell: Cell, reason: StopReason): void {
  cell.queued = 0;
  for (let entry = cell.mailbox.shift(); entry !== undefined; entry = cell.mailbox.shift()) {
    if (entry instanceof Notice) continue;
    core.inspector.drop(cell.path, "stopped", "it waited when the actor ended");
    if (entry instanceof Request) entry.fail(reason.type, `${cell.path}: ${reason.detail}`);
  }
}

/** Stops all children, the last spawned first. */
export async function stopChildren(core: Core, cell: Cell): Promise<void> {
  for (const child of [...cell.children.values()].reverse()) {
    await stopCell(core, child, { type: "stopped", detail: "its parent ended or was restarted" });
  }
}

/** Gives the state to `stopped`, once and for at most the grace time. */
export async function letGo(core: Core, cell: Cell, life: Life, reason: StopReason): Promise<void> {
  if (!life.hasState) return;
  const { state } = life;
  life.hasState = false;
  life.state = undefined;
  try {
    const result = cell.behaviour.stopped?.(state, reason);
    if (result instanceof Promise && !(await within(core.clock, core.graceMs, result))) {
      throw new Error(`left behind: stopped() took more than ${core.graceMs} ms`);
    }
  } catch (error) {
    core.inspector.crash(cell.path, errorText(error));
  }
}

function ignore(): void {}
