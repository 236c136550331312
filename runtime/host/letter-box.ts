/**
 * A place for one small message from one thread to another in memory that they share. A message that is posted costs its
 * receiver's thread 0.25 ms where it has to be woken on a busy machine, and its sender's as much; a letter half of it.
 */
import { LetterReader, LetterWriter } from "./letter.ts";

/** What the first word of a box says. */
const EMPTY = 0;
const FULL = 1;
const CLOSED = 2;
/** The state, and four bytes that make what follows start at a multiple of 8. */
const HEADER_BYTES = 8;

/** Whether this platform has what a letter box needs. */
export function hasLetterBoxes(): boolean {
  return typeof SharedArrayBuffer === "function" && typeof Atomics.waitAsync === "function";
}

/** Memory for one direction; `bytes` is for the letter itself. */
export function letterBoxMemory(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + bytes);
}

/** The end of a box that is written to. */
export class LetterSlot {
  readonly #state: Int32Array<SharedArrayBuffer>;
  readonly #writer: LetterWriter;

  constructor(memory: SharedArrayBuffer) {
    this.#state = new Int32Array(memory, 0, 1);
    this.#writer = new LetterWriter(memory, HEADER_BYTES, memory.byteLength - HEADER_BYTES);
  }

  /** Puts a letter in. Returns false where the last one is still there, or the value is not fit for one: nothing was sent. */
  put(value: unknown): boolean {
    if (Atomics.load(this.#state, 0) !== EMPTY || !this.#writer.write(value)) return false;
    Atomics.store(this.#state, 0, FULL);
    Atomics.notify(this.#state, 0);
    return true;
  }
}

/** The end of a box that is read. */
export class LetterBox {
  readonly #state: Int32Array<SharedArrayBuffer>;
  readonly #reader: LetterReader;

  constructor(memory: SharedArrayBuffer) {
    this.#state = new Int32Array(memory, 0, 1);
    this.#reader = new LetterReader(memory, HEADER_BYTES, memory.byteLength - HEADER_BYTES);
  }

  /** Hears each letter, until the box is closed. What `onLetter` throws ends the listening and rejects. */
  async listen(onLetter: (value: unknown) => void): Promise<void> {
    for (;;) {
      const waiting = Atomics.waitAsync(this.#state, 0, EMPTY);
      if (waiting.async) await waiting.value;
      if (Atomics.load(this.#state, 0) === CLOSED) return;
      const value = this.#reader.read();
      if (Atomics.compareExchange(this.#state, 0, FULL, EMPTY) === CLOSED) return;
      onLetter(value);
    }
  }

  /** Lets `listen` end: nothing comes any more. */
  close(): void {
    Atomics.store(this.#state, 0, CLOSED);
    Atomics.notify(this.#state, 0);
  }
}
