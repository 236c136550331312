/** Text to tokens and back. */
import type { TokenizerBundle } from "./bundle.ts";
import { createDetokenizer, type Detokenizer, type DetokenizerOptions } from "./detokenizer.ts";
import { createHuggingFace } from "./huggingface.ts";
import { createSentencePiece } from "./sentencepiece.ts";
import { createSplitter, type Part } from "./splitter.ts";
import { type TokenTable, tokenTable } from "./token-table.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface EncodeOptions {
  /** Whether BOS comes first. Default: as the model says. It is never doubled. */
  readonly addBos?: boolean | undefined;
  /** Whether EOS comes last. Default: as the model says, and false where `addBos` is given. */
  readonly addEos?: boolean | undefined;
  /** Whether the texts of control tokens ("<|im_end|>") become those tokens. Default false: they stay plain text. */
  readonly parseSpecial?: boolean | undefined;
  /** A character that is taken out after control tokens have been found: it keeps apart what must not become one. */
  readonly guard?: string | undefined;
  /** Most tokens that are of use. What is certain by its length to have more is refused before the work. Default: no limit. */
  readonly limit?: number | undefined;
}

/** A text is too long for the limit, by its length alone. */
export class TooManyTokensError extends Error {
  override readonly name = "TooManyTokensError";
  /** The text has this many tokens or more. */
  readonly atLeast: number;

  constructor(atLeast: number, limit: number) {
    super(`Cannot encode the text: it has at least ${atLeast} tokens, and the limit is ${limit}.`);
    this.atLeast = atLeast;
  }
}

export interface DecodeOptions {
  /** Whether control tokens leave no text. Default true. */
  readonly skipSpecial?: boolean | undefined;
}

export interface Tokenizer {
  /** Number of token ids. The model's head may have more columns, for padding: they have no text. */
  readonly vocabulary: number;
  readonly bosId: number | undefined;
  /** Any of these ends an answer. */
  readonly endIds: ReadonlySet<number>;
  /** The texts of the control tokens, for those who must keep them out of something. */
  readonly controlTexts: readonly string[];
  /** Returns the token ids of a text. A lone surrogate counts as "\ufffd". @throws {TooManyTokensError} */
  encode(text: string, options?: EncodeOptions): number[];
  /** Returns the text of tokens. Bytes that are not UTF-8 become "\ufffd"; ids beyond the vocabulary have no text. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** The bytes of a token by itself, also of one that steers the model; none for ids beyond the vocabulary. */
  bytes(id: number): Uint8Array;
  /** Returns a detokenizer for tokens that come one by one, perhaps in the middle of a text. */
  detokenizer(options?: DetokenizerOptions): Detokenizer;
  /** Returns what it takes to turn tokens into text, for another thread: see `createTokenReader`. */
  table(): TokenTable;
}

/** Makes a tokenizer. Throws a TypeError that names the part of the bundle which cannot be used. */
export function createTokenizer(bundle: TokenizerBundle): Tokenizer {
  const { bosId, eosId } = bundle;
  const endIds = new Set(bundle.endIds);
  // Whatever the vocabulary says of them, these steer the model.
  const steering = new Set(bosId === undefined ? endIds : [...endIds, bosId]);
  const vocabulary = bundle.vocabulary.kind === "sentencepiece"
    ? createSentencePiece(bundle.vocabulary, steering)
    : createHuggingFace(bundle.vocabulary, steering);
  const controlIds = new Set(vocabulary.control.map((token) => token.id));
  const split = addedTokenSplitter(vocabulary);

  function encode(text: string, options: EncodeOptions = {}): number[] {
    const { addBos = bundle.addBos, addEos = options.addBos === undefined && bundle.addEos } = options;
    const ids: number[] = addBos && bosId !== undefined ? [bosId] : [];
    let first = true;
    const append = (id: number): void => {
      if (!(first && addBos && id === bosId)) ids.push(id);
      first = false;
    };
    const parts = split(text, options);
    refuseLong(parts, vocabulary.longest, options.limit);
    for (const part of parts) {
      if (typeof part === "number") append(part);
      else {
        for (const id of vocabulary.encode(part, first)) ids.push(id);
        first = false;
      }
    }
    if (addEos && eosId !== undefined) ids.push(eosId);
    return ids;
  }

  function detokenizer(options: DetokenizerOptions = {}): Detokenizer {
    return createDetokenizer(vocabulary, controlIds, options);
  }

  function decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    const { push, flush } = detokenizer(options);
    let text = "";
    for (let at = 0; at < ids.length; at++) text += push(ids[at] ?? -1);
    return text + flush();
  }

  return {
    vocabulary: vocabulary.size,
    bosId,
    endIds,
    controlTexts: vocabulary.control.map((token) => token.content),
    encode,
    decode,
    bytes: (id) => vocabulary.bytes(id),
    detokenizer,
    table: () => tokenTable(vocabulary, controlIds, endIds),
  };
}

/** Returns a function that cuts added tokens out of a text: control tokens on request, user-defined ones always. */
function addedTokenSplitter({ control, userDefined }: Vocabulary): (text: string, options: EncodeOptions) => Part[] {
  const splitControl = createSplitter(control);
  const splitUserDefined = createSplitter(userDefined);
  return (text, { parseSpecial = false, guard }) =>
    (parseSpecial ? splitControl(text) : [text]).flatMap((stretch) => {
      if (typeof stretch === "number") return [stretch];
      // A guard may stand between surrogates, so what is well-formed shows only without it.
      const unguarded = guard === undefined ? stretch : stretch.replaceAll(guard, "");
      return splitUserDefined(unguarded.toWellFormed());
    });
}

/** Throws where parts of text, and the ids between them, have more tokens than the limit. */
function refuseLong(parts: readonly Part[], longest: number, limit = Infinity): void {
  // The parts' tokens never reach across, so each part rounds up.
  const atLeast = parts.reduce<number>((sum, part) => {
    return sum + (typeof part === "number" ? 1 : Math.ceil(part.length / longest));
  }, 0);
  if (atLeast > limit) throw new TooManyTokensError(atLeast, limit);
}
