import type { AskFailure } from "./behaviour.ts";
import type { Message } from "./ref.ts";

/** A message that somebody waits for the answer to: asked here (`Pending`) or on another device (`Inbound`). */
export abstract class Request {
  readonly id: string;
  readonly message: Message;
  /** The requests that the actor has handled and not answered yet, once this is one of them. */
  holder: Set<Request> | undefined;

  constructor(id: string, message: Message) {
    this.id = id;
    this.message = message;
  }

  /** Whether an answer would still be of use. */
  abstract isOpen(now: number): boolean;

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
