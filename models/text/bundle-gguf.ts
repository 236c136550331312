/** A tokenizer bundle from the metadata of a GGUF file. */
import {
  type AddedToken,
  MAX_TEMPLATE_LENGTH,
  MAX_TOKENS,
  parseBundle,
  PIECE_TYPE,
  type TokenizerBundle,
} from "./bundle.ts";
import { END_TEXTS } from "./end-tokens.ts";
import { preTokenizer } from "./pre-tokenizers.ts";

/** Key to value, as the file has them: arrays complete (plain or typed), whole numbers as number or bigint. */
export type GgufMetadata = Readonly<Record<string, unknown>>;

/**
 * Converts a GGUF vocabulary (`tokenizer.ggml.*`): SentencePiece BPE with scores ("llama") or byte-level BPE with merges
 * ("gpt2"). Throws a TypeError for another kind, an unknown pre-tokenizer, or a missing, oversized or malformed entry.
 */
export function bundleFromGguf(metadata: GgufMetadata): TokenizerBundle {
  const model = text(metadata, "model");
  if (model !== "llama" && model !== "gpt2") {
    throw new TypeError(
      `Cannot use this GGUF file: its tokenizer (tokenizer.ggml.model) is ${quote(model)}; known are llama and gpt2`,
    );
  }
  const tokens = texts(metadata, "tokens");
  if (tokens === undefined) throw missing("tokens");
  const types = numbers(metadata, "token_type", tokens.length) ?? tokens.map(() => PIECE_TYPE.normal);
  return model === "llama" ? fromSentencePiece(metadata, tokens, types) : fromBytePairs(metadata, tokens, types);
}

function fromSentencePiece(metadata: GgufMetadata, pieces: readonly string[], types: readonly number[]) {
  return parseBundle({
    format: 1,
    vocabulary: {
      kind: "sentencepiece",
      pieces,
      scores: numbers(metadata, "scores", pieces.length) ?? pieces.map(() => 0),
      types,
      addSpacePrefix: flag(metadata, "add_space_prefix") ?? true,
    },
    addBos: flag(metadata, "add_bos_token") ?? true,
    // SentencePiece's own ids where the file names none, as in llama.cpp; but not where they are words.
    ...specialTokens(metadata, pieces, {
      ...(types[1] === PIECE_TYPE.control ? { bosId: 1 } : {}),
      ...(types[2] === PIECE_TYPE.control ? { eosId: 2 } : {}),
    }),
  });
}

function fromBytePairs(metadata: GgufMetadata, tokens: readonly string[], types: readonly number[]) {
  const way = preTokenizer(text(metadata, "pre") ?? "default");
  const merges = texts(metadata, "merges");
  if (merges === undefined) throw missing("merges");
  const added: AddedToken[] = [];
  tokens.forEach((content, id) => {
    const type = types[id];
    if (content === "") return;
    const special = type === PIECE_TYPE.control || type === PIECE_TYPE.unknown || END_TEXTS.has(content);
    if (special || type === PIECE_TYPE.userDefined) added.push({ id, content, special, normalized: false });
  });
  return parseBundle({
    format: 1,
    vocabulary: {
      kind: "huggingface",
      normalizer: null,
      pre_tokenizer: way.json,
      // `fromEntries` makes "__proto__" a key like any other; assignment would not.
      model: {
        type: "BPE",
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges,
        unk_token: null,
        ignore_merges: way.ignoreMerges,
      },
      decoder: { type: "ByteLevel" },
      added_tokens: added,
    },
    addBos: flag(metadata, "add_bos_token") ?? way.addBos,
    ...specialTokens(metadata, tokens, {}),
  });
}

/** BOS, EOS, all ends of text, and the chat template. */
function specialTokens(
  metadata: GgufMetadata,
  tokens: readonly string[],
  defaults: { readonly bosId?: number; readonly eosId?: number },
) {
  const bosId = tokenId(metadata, "bos_token_id", tokens.length) ?? defaults.bosId;
  const eosId = tokenId(metadata, "eos_token_id", tokens.length) ?? defaults.eosId;
  const ends = new Set(
    [eosId, tokenId(metadata, "eot_token_id", tokens.length), tokenId(metadata, "eom_token_id", tokens.length)]
      .filter((id) => id !== undefined),
  );
  tokens.forEach((token, id) => {
    if (END_TEXTS.has(token)) ends.add(id);
  });
  const chatTemplate = metadata["tokenizer.chat_template"];
  if (chatTemplate !== undefined && (typeof chatTemplate !== "string" || chatTemplate.length > MAX_TEMPLATE_LENGTH)) {
    throw new TypeError(
      `Cannot use this GGUF file: tokenizer.chat_template must be a text of at most ${MAX_TEMPLATE_LENGTH} characters`,
    );
  }
  const bosText = bosId === undefined ? undefined : tokens[bosId];
  const eosText = eosId === undefined ? undefined : tokens[eosId];
  return {
    addEos: flag(metadata, "add_eos_token") ?? false,
    endIds: [...ends],
    ...(bosId === undefined ? {} : { bosId }),
    ...(eosId === undefined ? {} : { eosId }),
    ...(bosText === undefined ? {} : { bosText }),
    ...(eosText === undefined ? {} : { eosText }),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
  };
}

function text(metadata: GgufMetadata, key: string): string | undefined {
  const value = metadata[`tokenizer.ggml.${key}`];
  if (value !== undefined && typeof value !== "string") throw malformed(key, "a text", value);
  return value;
}

function flag(metadata: GgufMetadata, key: string): boolean | undefined {
  const value = metadata[`tokenizer.ggml.${key}`];
  if (value !== undefined && typeof value !== "boolean") throw malformed(key, "true or false", value);
  return value;
}

function tokenId(metadata: GgufMetadata, key: string, size: number): number | undefined {
  const value = metadata[`tokenizer.ggml.${key}`];
  if (value === undefined) return undefined;
  const id = typeof value === "bigint" ? Number(value) : value;
  if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= size) {
    throw malformed(key, `a token id below ${size}`, value);
  }
  return id;
}

function texts(metadata: GgufMetadata, key: string): readonly string[] | undefined {
  const value = metadata[`tokenizer.ggml.${key}`];
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) {
    throw malformed(key, "a list of texts", value);
  }
  return value;
}

function numbers(metadata: GgufMetadata, key: string, length: number): number[] | undefined {
  const value = metadata[`tokenizer.ggml.${key}`];
  if (value === undefined) return undefined;
  if ((!Array.isArray(value) && !ArrayBuffer.isView(value)) || length > MAX_TOKENS) {
    throw malformed(key, "a list of numbers", value);
  }
  const list = Array.from(value as ArrayLike<unknown>, Number);
  if (list.length !== length) throw malformed(key, `a list of ${length} numbers`, `${list.length} of them`);
  return list;
}

function malformed(key: string, wanted: string, value: unknown): TypeError {
  return new TypeError(`Cannot use this GGUF file: tokenizer.ggml.${key} must be ${wanted}, got ${quote(value)}`);
}

function missing(key: string): TypeError {
  return new TypeError(`Cannot use this GGUF file: tokenizer.ggml.${key} is missing; convert the model again`);
}

function quote(value: unknown): string {
  return value === undefined
    ? "missing"
    : typeof value === "object"
    ? "another kind of value"
    : `"${value}"`.slice(0, 100);
}
