/** Test data for the tokenizers: real vocabularies, and small ones made here. */
import { gguf } from "@huggingface/gguf";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundleFromGguf, type GgufMetadata, type TokenizerBundle } from "../../models/text/mod.ts";

const SHARED = new URL("../../../shared/", import.meta.url);

/** Options of a test that needs the shared test data. */
export const needsShared = { skip: existsSync(SHARED) ? false : `test data is absent: ${fileURLToPath(SHARED)}` };

export function readShared(path: string): string {
  return readFileSync(new URL(path, SHARED), "utf8");
}

export async function ggufMetadata(path: string): Promise<GgufMetadata> {
  const { metadata } = await gguf(fileURLToPath(new URL(path, SHARED)), { allowLocalFile: true });
  return { ...metadata };
}

export async function ggufBundle(path: string): Promise<TokenizerBundle> {
  return bundleFromGguf(await ggufMetadata(path));
}

/** A byte-level vocabulary of single bytes and the control tokens of ChatML. */
export function chatMetadata(changes: GgufMetadata = {}): GgufMetadata {
  const bytes = Array.from({ length: 256 }, (_, byte) => letterOf(byte));
  const tokens = [...bytes, "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>"];
  return {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "qwen2",
    "tokenizer.ggml.tokens": tokens,
    "tokenizer.ggml.token_type": tokens.map((_, id) => id < 256 ? 1 : id === 259 ? 4 : 3),
    "tokenizer.ggml.merges": [],
    "tokenizer.ggml.bos_token_id": 256,
    "tokenizer.ggml.eos_token_id": 258n,
    "tokenizer.chat_template":
      "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] | trim + '<|im_end|>' + '\\n' }}" +
      "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    ...changes,
  };
}

/** A small SentencePiece vocabulary: "▁", letters, a few merges, all bytes. */
export function sentencePieceMetadata(changes: GgufMetadata = {}): GgufMetadata {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const words = ["▁", "a", "b", "ab", "▁a", "<", "s", ">", "<s", "/", "</", "</s", "abab", "aab"];
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...words, "<note>"];
  return {
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.tokens": tokens,
    "tokenizer.ggml.scores": Float32Array.from(tokens, (_, id) => id < 259 ? 0 : 258 - id),
    "tokenizer.ggml.token_type": Int32Array.from(
      tokens,
      (token, id) => id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : token === "<note>" ? 4 : 1,
    ),
    ...changes,
  };
}

/** GPT-2's letter for a byte. */
function letterOf(byte: number): string {
  const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  if (printable) return String.fromCodePoint(byte);
  const hidden = byte <= 0x20 ? byte : byte <= 0xa0 ? byte - 0x7f + 0x21 : 0x43;
  return String.fromCodePoint(256 + hidden);
}
