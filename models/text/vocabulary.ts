/** What a tokenizer needs of a vocabulary, whichever way it finds the tokens. */
import type { AddedToken } from "./bundle.ts";

export interface Vocabulary {
  /** Token ids go from 0 to below this. */
  readonly size: number;
  /** Tokens that steer the model; read out of a text only on request. */
  readonly control: readonly AddedToken[];
  /** Tokens that are always looked for in a text before anything else. */
  readonly userDefined: readonly AddedToken[];
  /**
   * UTF-16 units of text that one token can stand for, at most: a text of n units has at least n / longest tokens. Infinity
   * where text can vanish, so that its length says nothing.
   */
  readonly longest: number;
  /** Whether the space that starts a text is an artefact of encoding. */
  readonly stripLeadingSpace: boolean;
  /**
   * Returns the tokens of a text in which control and user-defined tokens have been cut out already; never a control
   * token, the unknown token apart. `first`: the text is the first of its prompt, else an added token precedes it.
   */
  encode(text: string, first: boolean): number[];
  /** UTF-8 bytes that a token stands for, perhaps part of a character; empty when it has no text or does not exist. */
  bytes(id: number): Uint8Array;
}

/** The bytes of a token without text. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Returns the byte that "<0x41>" names, or undefined for any other text. */
export function namedByte(piece: string): number | undefined {
  return /^<0x[0-9A-Fa-f]{2}>$/.test(piece) ? Number.parseInt(piece.slice(3, 5), 16) : undefined;
}
