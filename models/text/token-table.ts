/**
 * What a model's tokens say, as plain data. Turning text into tokens takes a vocabulary's merges and seconds for a long
 * text; turning tokens into text takes this table and next to no time. So one thread encodes, and hands this to another.
 */
import { createDetokenizer, type Detokenizer, type DetokenizerOptions } from "./detokenizer.ts";
import { NO_BYTES, type Vocabulary } from "./vocabulary.ts";

/** The bytes of every token; arrays that can be transferred. */
export interface TokenTable {
  /** UTF-8 of all tokens, one after another. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each token's bytes end. */
  readonly ends: Int32Array<ArrayBuffer>;
  /** Tokens that steer the model and leave no text in an answer. */
  readonly control: Int32Array<ArrayBuffer>;
  /** Any of these ends an answer. */
  readonly endIds: Int32Array<ArrayBuffer>;
  readonly stripLeadingSpace: boolean;
}

/** Turns tokens into text. */
export interface TokenReader {
  /** Any of these ends an answer. */
  readonly endIds: ReadonlySet<number>;
  /** The bytes of a token by itself, also of one that steers the model; none for ids beyond the vocabulary. */
  bytes(id: number): Uint8Array;
  /** Returns a detokenizer for tokens that come one by one, perhaps in the middle of a text. */
  detokenizer(options?: DetokenizerOptions): Detokenizer;
}

/** Returns the table of a vocabulary. */
export function tokenTable(
  vocabulary: Vocabulary,
  control: ReadonlySet<number>,
  endIds: ReadonlySet<number>,
): TokenTable {
  const tokens = Array.from({ length: vocabulary.size }, (_, id) => vocabulary.bytes(id));
  const bytes = new Uint8Array(tokens.reduce((sum, { length }) => sum + length, 0));
  const ends = new Int32Array(tokens.length);
  let end = 0;
  for (const [id, token] of tokens.entries()) {
    bytes.set(token, end);
    end += token.length;
    ends[id] = end;
  }
  return {
    bytes,
    ends,
    control: Int32Array.from(control),
    endIds: Int32Array.from(endIds),
    stripLeadingSpace: vocabulary.stripLeadingSpace,
  };
}

/** Returns what reads tokens by a table, as the tokenizer that made it does. */
export function createTokenReader({ bytes, ends, control, endIds, stripLeadingSpace }: TokenTable): TokenReader {
  const vocabulary = {
    stripLeadingSpace,
    bytes(id: number): Uint8Array {
      const end = ends[id];
      return end === undefined ? NO_BYTES : bytes.subarray(ends[id - 1] ?? 0, end);
    },
  };
  const controlIds = new Set(control);
  return {
    endIds: new Set(endIds),
    bytes: (id) => vocabulary.bytes(id),
    detokenizer: (options = {}) => createDetokenizer(vocabulary, controlIds, options),
  };
}
