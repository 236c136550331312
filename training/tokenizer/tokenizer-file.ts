/** The built-in model's `tokenizer.json`, in Hugging Face's format. */
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { letterOfByte } from "./byte-pairs.ts";
import { specialTokens } from "./special-tokens.ts";

export interface TokenizerFile {
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly (readonly [string, string])[];
}

/** Orders a vocabulary: control tokens, the 256 bytes, then a token a merge. */
export function vocabularyOf(merges: readonly (readonly [string, string])[]): TokenizerFile {
  const tokens = [...specialTokens, ...letterOfByte, ...merges.map(([left, right]) => left + right)];
  return { vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges };
}

/** Writes it as the text of a `tokenizer.json`. */
export function renderTokenizer({ vocab, merges }: TokenizerFile): string {
  const tokenizer = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab,
      merges: merges.map(([left, right]) => `${left} ${right}`),
    },
  };
  return `${JSON.stringify(tokenizer, undefined, 2)}\n`;
}

const schema = v.object({
  model: v.object({
    vocab: v.record(v.string(), v.pipe(v.number(), v.integer(), v.minValue(0))),
    merges: v.array(v.pipe(v.string(), v.regex(/^\S+ \S+$/))),
  }),
});

/** Reads what `renderTokenizer` wrote. */
export async function readTokenizer(path: string | URL): Promise<TokenizerFile> {
  const { model } = v.parse(schema, JSON.parse(await readFile(path, "utf8")));
  return {
    vocab: model.vocab,
    merges: model.merges.map((merge) => {
      const [left = "", right = ""] = merge.split(" ");
      return [left, right] as const;
    }),
  };
}
