/**
 * How a byte-level vocabulary cuts text into words before byte-pair encoding. GGUF names the way in
 * `tokenizer.ggml.pre`; the expressions are those of llama.cpp (`src/llama-vocab.cpp`, `llm_tokenizer_bpe`), written as
 * the pre-tokenizers of a Hugging Face `tokenizer.json`.
 */

/** A way to cut text, and what goes with it. */
export interface PreTokenizer {
  /** `pre_tokenizer` of a `tokenizer.json`. */
  readonly json: object;
  /** A word that is a token as a whole is not built from merges. */
  readonly ignoreMerges: boolean;
  /** Whether a prompt begins with BOS when the file does not say. */
  readonly addBos: boolean;
}

const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const CONTRACTION = String.raw`(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])`;
const WHITESPACE = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
const LLAMA3 = String.raw`${CONTRACTION}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|${WHITESPACE}`;
const QWEN2 = String.raw`${CONTRACTION}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|${WHITESPACE}`;
const UPPER = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const LOWER = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const TEKKEN = String
  .raw`[^\r\n\p{L}\p{N}]?${UPPER}*${LOWER}+|[^\r\n\p{L}\p{N}]?${UPPER}+${LOWER}*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${WHITESPACE}`;

const gpt2 = { json: cut(GPT2), ignoreMerges: false, addBos: false };
const llama3 = { json: cut(LLAMA3), ignoreMerges: true, addBos: true };
const qwen2 = { json: cut(QWEN2), ignoreMerges: false, addBos: false };

const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenizer> = new Map([
  [
    "default",
    {
      json: cut(String.raw`[\p{P}\$\+<=>\^~\|]+`, GPT2, String.raw`\p{N}+`, "[0-9][0-9][0-9]"),
      ignoreMerges: false,
      addBos: false,
    },
  ],
  ["gpt-2", gpt2],
  ["llama-bpe", llama3],
  ["llama3", llama3],
  ["llama-v3", llama3],
  ["qwen2", qwen2],
  ["deepseek-r1-qwen", qwen2],
  ["smollm", { json: cut(String.raw`\p{N}`, GPT2), ignoreMerges: false, addBos: false }],
  ["tekken", { json: cut(TEKKEN), ignoreMerges: true, addBos: true }],
]);

/** Returns the way that `name` stands for, or throws a TypeError that lists the known names. */
export function preTokenizer(name: string): PreTokenizer {
  const known = PRE_TOKENIZERS.get(name);
  if (known !== undefined) return known;
  throw new TypeError(
    `Cannot use this GGUF file: its pre-tokenizer (tokenizer.ggml.pre) "${name.slice(0, 100)}" is unknown; ` +
      `known are ${[...PRE_TOKENIZERS.keys()].join(", ")}`,
  );
}

/** Isolates the matches of each expression in turn, then writes the words' bytes as letters. */
function cut(...expressions: readonly string[]): object {
  return {
    type: "Sequence",
    pretokenizers: [
      ...expressions.map((Regex) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false })),
      { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
    ],
  };
}
