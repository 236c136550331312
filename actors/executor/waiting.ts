/** Who waits for a place in a segment's caches. Pure: each client has its turn, however many it has waiting. */
import { type Ref, sameRef } from "../../runtime/actor/mod.ts";
import type { Enter, SequenceMessage } from "../pipeline.ts";

/** Those that may wait in all: more than a mesh gets round to while readers have patience. */
export const MAX_WAITING = 1024;
/** Those of one client, so that it cannot take the line from all others. */
export const MAX_WAITING_OF_CLIENT = 256;

/** The line: answers that are taken up first, then a turn for each client. */
export class WaitingLine {
  readonly #urgent: Enter[] = [];
  /** In the order of their turns. */
  readonly #clients = new Map<string, Enter[]>();

  get length(): number {
    return this.all().length;
  }

  all(): Enter[] {
    return [...this.#urgent, ...[...this.#clients.values()].flat()];
  }

  /** Whether there is room for one more of this client. What is under way always has room. */
  takes(enter: Enter): boolean {
    if (isUnderWay(enter)) return true;
    const own = this.#clients.get(clientOf(enter))?.length ?? 0;
    return own < MAX_WAITING_OF_CLIENT && this.length < MAX_WAITING;
  }

  push(enter: Enter): void {
    if (isUnderWay(enter)) {
      this.#urgent.push(enter);
      return;
    }
    const client = clientOf(enter);
    const own = this.#clients.get(client);
    if (own === undefined) this.#clients.set(client, [enter]);
    else own.push(enter);
  }

  /** Whose turn it is. */
  first(): Enter | undefined {
    const [own] = this.#clients.values();
    return this.#urgent[0] ?? own?.[0];
  }

  /** Takes the first out; its client's next turn comes after those of the others. */
  shift(): void {
    if (this.#urgent.shift() !== undefined) return;
    for (const [client, own] of this.#clients) {
      own.shift();
      this.#clients.delete(client);
      if (own.length > 0) this.#clients.set(client, own);
      return;
    }
  }

  has(conversation: Ref<SequenceMessage>): boolean {
    return this.all().some((waiting) => sameRef(waiting.conversation, conversation));
  }

  /** Takes a conversation out, wherever it stands. */
  remove(conversation: Ref<SequenceMessage>): void {
    const without = (line: Enter[]): void => {
      const place = line.findIndex((other) => sameRef(other.conversation, conversation));
      if (place >= 0) line.splice(place, 1);
    };
    without(this.#urgent);
    for (const [client, own] of this.#clients) {
      without(own);
      if (own.length === 0) this.#clients.delete(client);
    }
  }

  /** Takes everybody out. */
  clear(): Enter[] {
    const all = this.all();
    this.#urgent.length = 0;
    this.#clients.clear();
    return all;
  }
}

/** Whether an answer has begun: its reader waits for the next token. */
function isUnderWay({ resume, fresh }: Enter): boolean {
  return resume !== undefined && fresh !== true;
}

function clientOf({ client = "" }: Enter): string {
  return client;
}
