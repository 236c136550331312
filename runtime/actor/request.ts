import type { AskFailure } from "./behaviour.ts";
import type { DeviceId, Message } from "./ref.ts";

/**
 * The message of a fence: an ask that the system answers itself as soon as all that was sent before it on the same way is
 * in the mailbox of the actor. Behaviours never see it.
 */
export const FENCE: Message = { type: "fence" };

/** A message that somebody waits for the answer to: asked here (`Pending`) or on another device (`ForeignAsk`). */
export abstract class Request {
  readonly id: string;
  /** The clock's time, ms. */
  readonly deadline: number;
  message: Message;
  /** The device that it was sent to last, and whose loss ends it. */
  sentTo: DeviceId | undefined;
  /** The requests that the actor has handled and not answered yet, once this is one of them. */
  holder: Set<Request> | undefined;

  constructor(id: string, message: Message, deadline: number) {
    this.id = id;
    this.message = message;
    this.deadline = deadline;
  }

  /** Whether an answer would still be of use. */
  abstract isOpen(now: number): boolean;

  /** Ends the ask with the system's own answer: behaviours answer by the ref in the message. Harmless if it has ended. */
  abstract answer(value: unknown): void;

  /** Ends the ask without an answer. Harmless if it has ended. */
  abstract fail(type: AskFailure, reason: string): void;

  holdIn(holder: Set<Request>): void {
    this.holder = holder;
    holder.add(this);
  }

  release(): void {
    this.holder?.delete(this);
    this.holder = undefined;
  }
}

const WORDS = 4;
const pool = new Uint32Array(256 * WORDS);
let used = pool.length;

/** A text of 128 random bits: who knows it was told. */
export function unguessable(): string {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  let text = "";
  for (let i = 0; i < WORDS; i++) text += (pool[used++] ?? 0).toString(36).padStart(7, "0");
  return text;
}
