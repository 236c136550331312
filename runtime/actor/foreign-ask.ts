import type { AskFailure } from "./behaviour.ts";
import type { Message } from "./ref.ts";
import { Request } from "./request.ts";

/** Why an ask has no answer. */
export interface Failure {
  readonly type: AskFailure;
  readonly reason: string;
}

/** An ask that came from another device. */
export class ForeignAsk extends Request {
  /** This device's clock, ms. */
  readonly #deadline: number;
  readonly #closed: (failure: Failure | undefined) => void;
  #open = true;

  constructor(id: string, message: Message, deadline: number, closed: (failure: Failure | undefined) => void) {
    super(id, message);
    this.#deadline = deadline;
    this.#closed = closed;
  }

  isOpen(now: number): boolean {
    return this.#open && now < this.#deadline;
  }

  fail(type: AskFailure, reason: string): void {
    this.close({ type, reason });
  }

  /** Ends it: answered, or failed as said. */
  close(failure?: Failure): void {
    if (!this.#open) return;
    this.#open = false;
    this.release();
    this.#closed(failure);
  }
}
