/** Several answers read at once: the choices of one response. */
import type { AnswerEvent } from "./protocol.ts";

/** What one answer's reader is told, as a rule by `answers`. */
export type Events = AsyncGenerator<AnswerEvent, void>;

/** An event, and which choice it is of; `undefined` where its events have ended without a last word. */
export interface ChoiceEvent {
  readonly index: number;
  readonly event: AnswerEvent | undefined;
}

/** Gives the events of all choices as they come, each choice's in their order. Ends when all have. */
export class Choices {
  readonly #events: readonly Events[];
  /** The next event of each choice that goes on. */
  readonly #next = new Map<number, Promise<ChoiceEvent>>();

  constructor(events: readonly Events[]) {
    this.#events = events;
    for (const index of events.keys()) this.#ask(index);
  }

  /** The first event of every choice, in the order of the choices. */
  async begin(): Promise<readonly (AnswerEvent | undefined)[]> {
    const first = await Promise.all([...this.#next.values()]);
    for (const { index, event } of first) {
      if (isLast(event)) this.#next.delete(index);
      else this.#ask(index);
    }
    return first.map(({ event }) => event);
  }

  /** The next event of any choice; nothing where all have ended. */
  async take(): Promise<ChoiceEvent | undefined> {
    if (this.#next.size === 0) return undefined;
    const taken = await Promise.race(this.#next.values());
    // Behind the others, so that none that talks much keeps others waiting.
    this.#next.delete(taken.index);
    if (!isLast(taken.event)) this.#ask(taken.index);
    return taken;
  }

  /** Lets go of all. What they wait for is to be ended before, or this waits too. */
  async end(): Promise<void> {
    await Promise.all(this.#events.map((events) => events.return()));
  }

  #ask(index: number): void {
    const events = this.#events[index];
    if (events === undefined) return;
    this.#next.set(index, events.next().then(({ value }) => ({ index, event: value ?? undefined })));
  }
}

function isLast(event: AnswerEvent | undefined): boolean {
  return event === undefined || event.type === "finished" || event.type === "failed";
}
