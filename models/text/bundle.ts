/**
 * All that a device needs to turn text into a model's tokens and back, as plain JSON: it is stored as one blob of the
 * block store and travels between devices, so it is validated before it is believed.
 */
import * as v from "valibot";

/** GGUF's `tokenizer.ggml.token_type`: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. */
export const PIECE_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** A SentencePiece BPE vocabulary: it has scores instead of merges. Index is token id in all three arrays. */
export interface SentencePieceVocabulary {
  readonly kind: "sentencepiece";
  readonly pieces: readonly string[];
  readonly scores: readonly number[];
  readonly types: readonly number[];
  /** Whether a text, and a text after a special token, gets a space in front. */
  readonly addSpacePrefix: boolean;
}

/** A token that is looked for in the text before the model sees it (Hugging Face `added_tokens`). */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Special tokens steer the model: they are neither read out of user text nor shown in an answer. */
  readonly special?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly normalized?: boolean;
}

/** The model of a `tokenizer.json`: byte-pair encoding, the only kind that the supported families use. */
export interface BytePairModel {
  readonly type: "BPE";
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly (string | readonly [string, string])[];
  readonly unk_token?: string | null;
}

/** The parts of a Hugging Face `tokenizer.json` that encoding and decoding need, in its own format. */
export interface HuggingFaceVocabulary {
  readonly kind: "huggingface";
  readonly normalizer: object | null;
  readonly pre_tokenizer: object | null;
  readonly model: BytePairModel;
  readonly decoder: object | null;
  readonly added_tokens: readonly AddedToken[];
}

/** Tokenizer, special tokens and chat template of one model. */
export interface TokenizerBundle {
  readonly format: 1;
  readonly vocabulary: SentencePieceVocabulary | HuggingFaceVocabulary;
  /** Whether a prompt begins with the BOS token. */
  readonly addBos: boolean;
  /** Whether a prompt ends with the EOS token; few generating models want that. */
  readonly addEos: boolean;
  readonly bosId?: number;
  readonly eosId?: number;
  /** Any of these ends an answer. */
  readonly endIds: readonly number[];
  /** What the chat template gets as `bos_token` and `eos_token`. */
  readonly bosText?: string;
  readonly eosText?: string;
  /** A Jinja template over `messages`; a model without one gets the plain form of `chat.ts`. */
  readonly chatTemplate?: string;
}

/** The largest vocabularies in use have about 260,000 tokens and 500,000 merges. */
export const MAX_TOKENS = 1 << 20;
const MAX_MERGES = 1 << 22;
const MAX_ADDED_TOKENS = 1 << 16;
/** A token that long is no word: the longest in use are runs of some hundred spaces. */
const MAX_TOKEN_LENGTH = 1 << 12;
/** The longest chat templates in use have about 20,000 characters. */
export const MAX_TEMPLATE_LENGTH = 1 << 18;

const id = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_TOKENS - 1));
const piece = v.pipe(v.string(), v.maxLength(MAX_TOKEN_LENGTH));

const sentencePiece = v.pipe(
  v.object({
    kind: v.literal("sentencepiece"),
    pieces: v.pipe(v.array(piece), v.minLength(1), v.maxLength(MAX_TOKENS)),
    scores: v.pipe(v.array(v.number()), v.maxLength(MAX_TOKENS)),
    types: v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(6))), v.maxLength(MAX_TOKENS)),
    addSpacePrefix: v.boolean(),
  }),
  v.check(
    ({ pieces, scores, types }) => scores.length === pieces.length && types.length === pieces.length,
    "pieces, scores and types must be equally long",
  ),
);

const jsonObject = v.custom<object>(isObject, "must be an object");

// `v.record` drops the keys "constructor" and "prototype", and both are words of every code model's vocabulary.
const vocab = v.custom<Readonly<Record<string, number>>>(isVocab, `must map at most ${MAX_TOKENS} texts to token ids`);
const merges = v.custom<BytePairModel["merges"]>(isMerges, `must be at most ${MAX_MERGES} pairs of texts`);

const huggingFace = v.object({
  kind: v.literal("huggingface"),
  normalizer: v.nullable(jsonObject),
  pre_tokenizer: v.nullable(jsonObject),
  model: v.looseObject({
    type: v.literal("BPE"),
    vocab,
    merges,
    unk_token: v.exactOptional(v.nullable(piece)),
  }),
  decoder: v.nullable(jsonObject),
  added_tokens: v.pipe(
    v.array(v.object({
      id,
      content: v.pipe(piece, v.minLength(1)),
      special: v.exactOptional(v.boolean()),
      lstrip: v.exactOptional(v.boolean()),
      rstrip: v.exactOptional(v.boolean()),
      normalized: v.exactOptional(v.boolean()),
    })),
    v.maxLength(MAX_ADDED_TOKENS),
  ),
});

const bundle = v.object({
  format: v.literal(1),
  vocabulary: v.variant("kind", [sentencePiece, huggingFace]),
  addBos: v.boolean(),
  addEos: v.boolean(),
  bosId: v.exactOptional(id),
  eosId: v.exactOptional(id),
  endIds: v.pipe(v.array(id), v.maxLength(MAX_ADDED_TOKENS)),
  bosText: v.exactOptional(piece),
  eosText: v.exactOptional(piece),
  chatTemplate: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_TEMPLATE_LENGTH))),
});

/** Returns the value as a bundle, or throws a TypeError that says which part of it is wrong. Sizes are bounded. */
export function parseBundle(value: unknown): TokenizerBundle {
  const result = v.safeParse(bundle, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  throw new TypeError(
    `Cannot read the tokenizer: ${path === null ? "" : `${path}: `}${issue.message}. Get or compile the model again.`,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isVocab(value: unknown): boolean {
  if (!isObject(value)) return false;
  const ids = Object.values(value);
  return ids.length <= MAX_TOKENS &&
    ids.every((entry) => Number.isInteger(entry) && entry >= 0 && entry < MAX_TOKENS);
}

function isMerges(value: unknown): boolean {
  return Array.isArray(value) && value.length <= MAX_MERGES &&
    value.every((merge) =>
      typeof merge === "string" ||
      (Array.isArray(merge) && merge.length === 2 && typeof merge[0] === "string" && typeof merge[1] === "string")
    );
}
