/** The source's half of a relocation: an actor of this device goes to another one. See `relocation.ts`. */
import { encode } from "../codec.ts";
import { errorText } from "../error-text.ts";
import type { AskOutcome, HandOver, Relocated, RelocateOptions } from "./behaviour.ts";
import type { Cell } from "./cell.ts";
import { type Core, sendFar } from "./core.ts";
import { handOver } from "./departure.ts";
import { ANY, ARRIVALS_PATH, type DeviceId, type Message, type Ref } from "./ref.ts";
import { MAX_STATE_BYTES, parseAnswer, PIECE_BYTES, type Relocating, type RelocationAnswer } from "./relocation.ts";
import { unguessable } from "./request.ts";

const TIMEOUT_MS = 10_000;
const DOUBT_MS = 60_000;
/** Before something is tried again: a full connection has drained a bit, a lost one may be back. */
const RETRY_MS = 50;
/** One question whether the actor has started may take so long. */
const COMMIT_MS = 2000;

/** Moves an actor to another device, or has it stay. Rejects if it cannot leave, or if its state is not plain data. */
export async function relocate<C extends Message>(
  core: Core,
  cell: Cell,
  device: DeviceId,
  { kind, note = null, timeoutMs = TIMEOUT_MS, doubtMs = DOUBT_MS }: RelocateOptions,
): Promise<Relocated<C>> {
  if (device === core.device) throw new RangeError(`${cell.path} cannot be relocated to ${device}: it lives there`);
  const target = new Target(core, device, core.clock.now() + timeoutMs);
  const admitted = await target.ask({ type: "offer", id: target.id, kind, note });
  if (admitted.type !== "admitted") return { type: "stayed", reason: reasonOf(device, admitted) };
  let over: HandOver;
  try {
    over = await handOver(core, cell, { leaveMs: target.left, waitMs: timeoutMs + doubtMs + COMMIT_MS });
  } catch (error) {
    target.abort();
    throw error;
  }
  return await carry(core, over, target, doubtMs);
}

/** Brings the state of an actor that waits, and says the last word. */
async function carry<C extends Message>(
  core: Core,
  over: HandOver,
  target: Target,
  doubtMs: number,
): Promise<Relocated<C>> {
  const stay = (reason: string): Relocated<C> => {
    target.abort();
    if (over.waits) over.stay();
    return { type: "stayed", reason };
  };
  let landed: Answered;
  try {
    landed = await send(target, over.state);
  } catch (error) {
    stay("");
    throw error;
  }
  if (landed.type !== "landed") return stay(reasonOf(target.device, landed));
  const ref = landed.ref as Ref<C>;
  const fate = await commit(core, over, target, doubtMs);
  // Whoever was stopped here must not go on elsewhere.
  if (!over.waits) return stay("it was stopped before it had moved");
  if (fate === "unknown") return stay(`${target.device} lost it before it could start there`);
  over.moved(ref);
  if (fate === "started") return { type: "moved", ref };
  return { type: "lost", ref, reason: `${target.device} has not said for ${doubtMs} ms whether it has started there` };
}

/** Sends a state, piece by piece. @throws {TypeError} where it is not plain data. */
async function send(target: Target, state: unknown): Promise<Answered> {
  let bytes: Uint8Array;
  try {
    bytes = encode(state);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { type: "refused", reason: `its state is too large: ${errorText(error)}` };
  }
  const total = bytes.length;
  if (total > MAX_STATE_BYTES) return { type: "refused", reason: `its state takes ${total} bytes` };
  for (let at = 0;; at += PIECE_BYTES) {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    const answer = await target.ask({ type: "state", id: target.id, total, at, piece });
    if (answer.type !== "taken" || at + piece.length >= total) return answer;
  }
}

/**
 * Has the dormant actor start, and asks until it is certain whether it has: word may be lost either way, the answer to the
 * same question is the same.
 */
async function commit(
  core: Core,
  over: HandOver,
  target: Target,
  doubtMs: number,
): Promise<"started" | "unknown" | "silence"> {
  const end = core.clock.now() + doubtMs;
  while (over.waits) {
    const outcome = await target.askOnce({ type: "commit", id: target.id }, COMMIT_MS);
    switch (outcome.type) {
      case "reply":
        if (outcome.value.type === "started") return "started";
        return "unknown";
      case "stopped":
      case "crashed":
        // It answers, and knows nothing of relocations: no actor of it will start.
        return "unknown";
      case "timeout":
      case "unreachable":
      case "overloaded":
        break;
      case "aborted":
      case "too-large":
        return "silence";
      default:
        outcome satisfies never;
    }
    if (core.clock.now() >= end || core.stopped) return "silence";
    await pause(core, RETRY_MS);
  }
  return "silence";
}

type Answered = RelocationAnswer | { readonly type: "failed"; readonly reason: string };

/** The system at the other end, for one relocation. */
class Target {
  readonly id = unguessable();
  readonly device: DeviceId;
  readonly #core: Core;
  readonly #deadline: number;
  readonly #ref: Ref<Relocating>;

  constructor(core: Core, device: DeviceId, deadline: number) {
    this.#core = core;
    this.device = device;
    this.#deadline = deadline;
    this.#ref = { device, path: ARRIVALS_PATH, incarnation: ANY, channel: "tensors" };
  }

  /** Milliseconds until the state must have arrived. */
  get left(): number {
    return Math.max(1, this.#deadline - this.#core.clock.now());
  }

  /** Asks, as long as time is left again where the connection is full. */
  async ask(message: Relocating): Promise<Answered> {
    for (;;) {
      const outcome = await this.askOnce(message, this.left);
      if (outcome.type === "reply") return outcome.value;
      if (outcome.type !== "overloaded" || this.left <= RETRY_MS) return { type: "failed", reason: outcome.reason };
      await pause(this.#core, RETRY_MS);
    }
  }

  async askOnce(message: Relocating, timeoutMs: number): Promise<AskOutcome<RelocationAnswer>> {
    const core = this.#core;
    if (core.stopped) return { type: "aborted", reason: "the actor system was stopped" };
    const options = { timeoutMs, parse: parseAnswer };
    return await core.asks.ask(this.#ref, () => message, options, (to, pending) => sendFar(core, to, pending));
  }

  /** The actor is not to live there. */
  abort(): void {
    if (!this.#core.stopped) sendFar(this.#core, this.#ref, { type: "abort", id: this.id } as Relocating);
  }
}

function reasonOf(device: DeviceId, answer: Answered): string {
  return "reason" in answer ? answer.reason : `${device} answered "${answer.type}"`;
}

function pause(core: Core, milliseconds: number): Promise<void> {
  return new Promise((resolve) => core.clock.after(milliseconds, resolve));
}
