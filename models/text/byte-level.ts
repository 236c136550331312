/**
 * GPT-2's alphabet: each byte is written as a printable letter, so that a vocabulary of bytes can be a vocabulary of
 * texts (`bytes_to_unicode` in openai/gpt-2, `src/encoder.py`).
 */

const BYTES: ReadonlyMap<string, number> = alphabet();

/** The letters of the alphabet, that of byte n at n. */
export const ALPHABET: readonly string[] = [...BYTES.keys()];

/** Returns the bytes of a token written in the alphabet; a letter outside of it counts as its own UTF-8. */
export function bytesOfLetters(token: string): Uint8Array {
  const bytes: number[] = [];
  for (const letter of token) {
    const byte = BYTES.get(letter);
    if (byte !== undefined) bytes.push(byte);
    else bytes.push(...new TextEncoder().encode(letter));
  }
  return Uint8Array.from(bytes);
}

function alphabet(): Map<string, number> {
  const letters = new Map<string, number>();
  let unprintable = 0;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    letters.set(String.fromCodePoint(printable ? byte : 256 + unprintable++), byte);
  }
  return letters;
}
