/**
 * Who asks, as the line for a place has it: each client has its turn there, however many prompts another has waiting. By its
 * address, its key, its program and, where that answers for several people, the user that it names. None of that leaves this
 * device: what travels is a name drawn by chance. Who lies about it gets more turns on this device, and nothing else.
 */

/** Clients that are remembered: who has not asked for so long has nothing waiting. */
const REMEMBERED = 1024;
/** Characters of a key, a program or a user that count. */
const TOLD_APART = 256;

/** What a request tells of who asks. */
export interface Caller {
  readonly headers: Headers;
  /** Its network address; undefined where there is none. */
  readonly address?: string | undefined;
  /** The request's body: OpenAI's "user", or "safety_identifier", names people behind one program. */
  readonly body: unknown;
}

/** The names of clients, for as long as a daemon runs. */
export class ClientNames {
  /** In the order of their last requests. */
  readonly #names = new Map<string, string>();

  /** The same name for the same caller. */
  of({ headers, address = "", body }: Caller): string {
    const told = [headers.get("authorization") ?? "", headers.get("user-agent") ?? "", userOf(body)];
    const caller = JSON.stringify([address, ...told.map((text) => text.slice(0, TOLD_APART))]);
    const name = this.#names.get(caller) ?? crypto.randomUUID();
    this.#names.delete(caller);
    this.#names.set(caller, name);
    for (const oldest of this.#names.keys()) {
      if (this.#names.size <= REMEMBERED) break;
      this.#names.delete(oldest);
    }
    return name;
  }
}

function userOf(body: unknown): string {
  if (typeof body !== "object" || body === null) return "";
  const { user, safety_identifier: identifier } = body as Readonly<Record<string, unknown>>;
  return [identifier, user].find((name) => typeof name === "string") as string | undefined ?? "";
}
