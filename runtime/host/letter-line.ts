/**
 * A line of messages between two threads that takes two ways: letters through shared memory, and posts for what is too large
 * or comes while the last letter is still unread. Each message has a number, so that both ways together keep the order.
 */
import { hasLetterBoxes, LetterBox, letterBoxMemory, LetterSlot } from "./letter-box.ts";

/** The memory of both directions. */
export interface Boxes {
  readonly toThread: SharedArrayBuffer;
  readonly toOwner: SharedArrayBuffer;
}

type Post = (message: unknown, transfer: readonly ArrayBuffer[]) => void;

/** What goes either way: the message's place in the line, from 0, and the message. */
type Numbered = readonly [number: number, message: unknown];

/**
 * Bytes of a letter: hidden states of eight sequences at a width of 8,192. Beyond, moving a buffer costs less than copying it
 * into the box and out of it.
 */
const LETTER_BYTES = 256 * 1024;

/** Makes the boxes of a thread; undefined where the platform has none. */
export function boxesFor(): Boxes | undefined {
  if (!hasLetterBoxes()) return undefined;
  return { toThread: letterBoxMemory(LETTER_BYTES), toOwner: letterBoxMemory(LETTER_BYTES) };
}

/** Makes the sending end. What is given up in `transfer` may be copied all the same. */
export function createSender(memory: SharedArrayBuffer | undefined, post: Post): Post {
  const slot = memory === undefined ? undefined : new LetterSlot(memory);
  let number = 0;
  return (message, transfer) => {
    const numbered: Numbered = [number, message];
    const large = transfer.some(({ byteLength }) => byteLength > LETTER_BYTES);
    if (slot === undefined || large || !slot.put(numbered)) post(numbered, transfer);
    // Only now: what throws has not been sent, and nobody may wait for its number.
    number++;
  };
}

/** Makes the receiving end: give it what was posted; letters it hears by itself until it is closed. */
export function createReceiver(
  memory: SharedArrayBuffer | undefined,
  onMessage: (message: unknown) => void,
): { onPosted(data: unknown): void; close(): void } {
  let due = 0;
  /** Those that have overtaken the one that is due. */
  const early = new Map<number, unknown>();

  function onPosted(data: unknown): void {
    const [number, message] = data as Numbered;
    early.set(number, message);
    while (early.has(due)) {
      const next = early.get(due);
      early.delete(due++);
      onMessage(next);
    }
  }

  if (memory === undefined) return { onPosted, close: () => {} };
  const box = new LetterBox(memory);
  void box.listen(onPosted);
  return { onPosted, close: () => box.close() };
}
