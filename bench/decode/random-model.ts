/** A GGUF of TinyLlama-1.1B's shape with random Q4_0 weights: what it says is noise, what it costs is real. */
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { type GgufTensorToWrite, type GgufValue, writeGguf } from "../../models/formats/mod.ts";

/** Sizes of a llama. */
export interface Shape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly context: number;
}

/** TinyLlama-1.1B. */
export const TINYLLAMA: Shape = {
  layers: 22,
  width: 2048,
  heads: 32,
  kvHeads: 4,
  feedForward: 5632,
  vocabulary: 32_000,
  context: 2048,
};

/** Writes the model unless it is there already. */
export async function writeRandomModel(
  path: string,
  shape: Shape,
): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  await writeGguf(`${path}.new`, {
    metadata: metadata(shape),
    tensors: tensors(shape),
  });
  await rename(`${path}.new`, path);
}

function metadata(shape: Shape): Record<string, GgufValue> {
  const uint32 = (value: number): GgufValue => ({ type: "uint32", value });
  const pieces = Array.from({ length: shape.vocabulary }, (_, id) => piece(id));
  return {
    "general.architecture": "llama",
    "general.name": "random",
    "general.file_type": uint32(2),
    "llama.block_count": uint32(shape.layers),
    "llama.context_length": uint32(shape.context),
    "llama.embedding_length": uint32(shape.width),
    "llama.feed_forward_length": uint32(shape.feedForward),
    "llama.attention.head_count": uint32(shape.heads),
    "llama.attention.head_count_kv": uint32(shape.kvHeads),
    "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: 1e-5 },
    "llama.rope.dimension_count": uint32(shape.width / shape.heads),
    "llama.rope.freq_base": { type: "float32", value: 10_000 },
    "llama.vocab_size": uint32(shape.vocabulary),
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.tokens": pieces,
    "tokenizer.ggml.scores": {
      type: "float32",
      value: pieces.map((_, id) => -id),
    },
    "tokenizer.ggml.token_type": {
      type: "int32",
      value: pieces.map((_, id) => id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1),
    },
    "tokenizer.ggml.bos_token_id": uint32(1),
    "tokenizer.ggml.eos_token_id": uint32(2),
    "tokenizer.ggml.unknown_token_id": uint32(0),
  };
}

/** SentencePiece's order: unknown, BOS, EOS, 256 bytes, then words. */
function piece(id: number): string {
  if (id < 3) return ["<unk>", "<s>", "</s>"][id] ?? "";
  if (id < 259) {
    return `<0x${(id - 3).toString(16).toUpperCase().padStart(2, "0")}>`;
  }
  return `\u2581w${id}`;
}

function tensors(shape: Shape): GgufTensorToWrite[] {
  const { width, feedForward, vocabulary } = shape;
  const kv = (width / shape.heads) * shape.kvHeads;
  const all = [
    q4("token_embd.weight", vocabulary, width),
    ones("output_norm.weight", width),
    q4("output.weight", vocabulary, width),
  ];
  for (let layer = 0; layer < shape.layers; layer++) {
    const name = (part: string) => `blk.${layer}.${part}.weight`;
    all.push(
      ones(name("attn_norm"), width),
      q4(name("attn_q"), width, width),
      q4(name("attn_k"), kv, width),
      q4(name("attn_v"), kv, width),
      q4(name("attn_output"), width, width),
      ones(name("ffn_norm"), width),
      q4(name("ffn_gate"), feedForward, width),
      q4(name("ffn_up"), feedForward, width),
      q4(name("ffn_down"), width, feedForward),
    );
  }
  return all;
}

function ones(name: string, length: number): GgufTensorToWrite {
  return {
    name,
    type: "F32",
    shape: [length],
    content: () => [new Uint8Array(new Float32Array(length).fill(1).buffer)],
  };
}

/** Random nibbles with the scale that keeps hidden states at about unit size: 18 bytes for 32 weights. */
function q4(name: string, rows: number, columns: number): GgufTensorToWrite {
  return {
    name,
    type: "Q4_0",
    shape: [rows, columns],
    *content() {
      // The nibbles less 8 spread by 4.6; the half-precision scale makes a row's sum spread by about 1.
      const scale = new Uint8Array(
        new Float16Array([1 / (4.6 * Math.sqrt(columns))]).buffer,
      );
      const row = new Uint8Array((columns / 32) * 18);
      for (let at = 0; at < rows; at++) {
        crypto.getRandomValues(row.subarray(0, Math.min(row.length, 65_536)));
        for (let block = 0; block < row.length; block += 18) {
          row.set(scale, block);
        }
        yield row;
      }
    },
  };
}
