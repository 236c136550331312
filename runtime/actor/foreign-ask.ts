import type { AskFailure, AskOutcome } from "./behaviour.ts";
import type { Message } from "./ref.ts";
import { Request } from "./request.ts";

/** An ask that came from another device. Its deadline is by this device's clock. */
export class ForeignAsk extends Request {
  readonly #closed: (outcome: AskOutcome<unknown> | undefined) => void;
  #open = true;

  /** `closed` is called once: with what the asker must be told, or without if it knows. */
  constructor(id: string, message: Message, deadline: number, closed: (outcome?: AskOutcome<unknown>) => void) {
    super(id, message, deadline);
    this.#closed = closed;
  }

  isOpen(now: number): boolean {
    return this.#open && now < this.deadline;
  }

  answer(value: unknown): void {
    this.close({ type: "reply", value });
  }

  fail(type: AskFailure, reason: string): void {
    this.close({ type, reason });
  }

  /** Ends it: answered by its actor, or as said. */
  close(outcome?: AskOutcome<unknown>): void {
    if (!this.#open) return;
    this.#open = false;
    this.release();
    this.#closed(outcome);
  }
}
