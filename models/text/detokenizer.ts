/** Tokens to text, as they come. */
import type { Vocabulary } from "./vocabulary.ts";

/** Turns one token after another into text. */
export interface Detokenizer {
  /** Returns the text that this token completes; empty while a character is incomplete. */
  push(id: number): string;
  /** Ends the text: returns "\ufffd" for a character that stayed incomplete, else nothing. */
  flush(): string;
}

export interface DetokenizerOptions {
  /** Whether control tokens leave no text. Default true. */
  readonly skipSpecial?: boolean | undefined;
  /** Tokens that precede: their text does not come out again, and what follows continues it. Default none. */
  readonly after?: ArrayLike<number> | undefined;
}

/** An incomplete UTF-8 character has at most 3 bytes, so what more precedes cannot matter. */
const CONTEXT_BYTES = 4;

/** Returns a detokenizer; the texts it gives, put together, are the text of all its tokens at once. */
export function createDetokenizer(
  vocabulary: Pick<Vocabulary, "bytes" | "stripLeadingSpace">,
  controlIds: ReadonlySet<number>,
  { skipSpecial = true, after = [] }: DetokenizerOptions,
): Detokenizer {
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  const bytesOf = (id: number) => vocabulary.bytes(skipSpecial && controlIds.has(id) ? -1 : id);
  let atStart = true;

  function push(id: number): string {
    let bytes = bytesOf(id);
    if (bytes.length === 0) return "";
    if (atStart && vocabulary.stripLeadingSpace && bytes[0] === 0x20) bytes = bytes.subarray(1);
    atStart = false;
    return utf8.decode(bytes, { stream: true });
  }

  let from = after.length;
  for (let bytes = 0; from > 0 && bytes < CONTEXT_BYTES; from--) bytes += bytesOf(after[from - 1] ?? -1).length;
  for (let at = 0; at < from && atStart; at++) atStart = bytesOf(after[at] ?? -1).length === 0;
  for (let at = from; at < after.length; at++) push(after[at] ?? -1);

  return { push, flush: () => utf8.decode() };
}
