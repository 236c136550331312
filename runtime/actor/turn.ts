/** An actor's turn: a few of its messages, one after the other. */
import { errorText } from "../error-text.ts";
import { type Cell, Notice } from "./cell.ts";
import type { Context, Next } from "./behaviour.ts";
import type { Core } from "./core.ts";
import { depart } from "./departure.ts";
import { wake } from "./home.ts";
import { begin, crash, endItself } from "./life.ts";
import type { Message } from "./ref.ts";
import { Request } from "./request.ts";

/** Messages of one actor before the others have their turns: enough to hide what a turn costs. */
const TURN_MESSAGES = 64;
/** Milliseconds after which a turn takes no further message, so that timers and sockets are not kept waiting. */
const TURN_MS = 4;

/** Starts the actor if it has not started, then handles waiting messages. Never throws. */
export async function turn(core: Core, cell: Cell): Promise<void> {
  if (cell.phase === "starting") await begin(core, cell);
  let time = core.clock.now();
  const end = time + TURN_MS;
  for (let n = 0; n < TURN_MESSAGES && cell.phase === "running" && time < end; n++) {
    if (cell.departure !== undefined) {
      await depart(core, cell);
      break;
    }
    const entry = cell.mailbox.shift();
    if (entry === undefined) break;
    if (entry instanceof Notice) {
      entry.taken();
      if (!entry.cancelled) await handle(core, cell, entry.make, undefined, time);
    } else {
      cell.queued--;
      const request = entry instanceof Request ? entry : undefined;
      if (request !== undefined && !request.isOpen(time)) {
        core.inspector.drop(cell.path, "expired", "the ask was over before its turn came");
        continue;
      }
      const message = request === undefined ? (entry as Message) : request.message;
      const rest = handle(core, cell, message, request, time);
      if (rest !== undefined) await rest;
    }
    time = core.clock.now();
  }
  cell.awake = false;
  if (cell.phase === "running" && (cell.mailbox.length > 0 || cell.departure !== undefined)) wake(cell);
}

/** Handles one message. Returns nothing if that was done at once, else a promise of its end, which never rejects. */
function handle(
  core: Core,
  cell: Cell,
  message: Message | (() => Message),
  request: Request | undefined,
  started: number,
): Promise<void> | undefined {
  cell.busy = true;
  const { life } = cell;
  let type = "";
  try {
    const made = typeof message === "function" ? message() : message;
    type = made.type;
    const result = cell.behaviour.receive(life.state, made, cell.context as Context<Message>);
    if (result instanceof Promise) {
      cell.inFlight = result.then(ignore, ignore);
      return result.then(
        (next) => done(core, cell, type, request, started, next),
        (error) => failed(core, cell, type, request, started, error),
      );
    }
    return done(core, cell, type, request, started, result);
  } catch (error) {
    return failed(core, cell, type, request, started, error);
  }
}

function done(
  core: Core,
  cell: Cell,
  type: string,
  request: Request | undefined,
  started: number,
  next: Next<unknown>,
): Promise<void> | undefined {
  if (next?.type !== "next" && next?.type !== "stop") {
    const error = new TypeError(`receive of ${cell.path} returned neither next(…) nor stop(…) for ${type}`);
    return failed(core, cell, type, request, started, error);
  }
  measure(core, cell, type, started);
  if (request?.isOpen(started)) request.holdIn(cell.unanswered);
  // While the handler ran, the actor may have been told to stop or left behind; the state goes to `stopped` then.
  if (next.type === "next") cell.life.state = next.state;
  if (next.type === "stop" && cell.phase === "running") return endItself(core, cell, next.detail);
  // An actor that was left behind holds nothing any more.
  if (cell.phase === "stopped") request?.fail("stopped", `${cell.path} was stopped`);
  return undefined;
}

function failed(
  core: Core,
  cell: Cell,
  type: string,
  request: Request | undefined,
  started: number,
  error: unknown,
): Promise<void> | undefined {
  measure(core, cell, type, started);
  request?.fail("crashed", `${cell.path} crashed: ${errorText(error)}`);
  return cell.phase === "running" ? crash(core, cell, error) : undefined;
}

function measure(core: Core, cell: Cell, type: string, started: number): void {
  cell.busy = false;
  cell.inFlight = undefined;
  const ms = core.clock.now() - started;
  cell.handled++;
  cell.lastMs = ms;
  cell.totalMs += ms;
  cell.times.add(ms);
  if (core.inspector.listening) core.inspector.emit({ type: "handled", path: cell.path, message: type, ms });
}

function ignore(): void {}
