/** GGUF files of TinyLlama-1.1B's shape with random weights: what they say is noise, what they cost is real. */
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { type GgufTensorToWrite, type GgufValue, writeGguf } from "../../models/formats/mod.ts";
import type { Elastic } from "../../models/manifest.ts";
import { randomMatrix } from "./random-matrix.ts";

/** How llama.cpp's `quantize` writes a file: Q4_K_M has Q6_K for the head, and for some values and down projections. */
export type Quantization = "Q4_0" | "Q4_K_M";

/** Sizes of a llama. */
export interface Shape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly context: number;
  /** Slices of its layers. Default: all are whole. */
  readonly elastic?: Pick<Elastic, "slices" | "anchors">;
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
  quantization: Quantization = "Q4_0",
): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  await writeGguf(`${path}.new`, {
    metadata: metadata(shape, quantization),
    tensors: tensors(shape, quantization),
  });
  await rename(`${path}.new`, path);
}

function metadata(
  shape: Shape,
  quantization: Quantization,
): Record<string, GgufValue> {
  const uint32 = (value: number): GgufValue => ({ type: "uint32", value });
  const pieces = Array.from({ length: shape.vocabulary }, (_, id) => piece(id));
  return {
    "general.architecture": "llama",
    "general.name": "random",
    "general.file_type": uint32(quantization === "Q4_0" ? 2 : 15),
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
    ...shape.elastic === undefined ? {} : {
      "skein.elastic.slices": uint32(shape.elastic.slices),
      "skein.elastic.anchors": { type: "uint32", value: shape.elastic.anchors },
    },
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

function tensors(
  shape: Shape,
  quantization: Quantization,
): GgufTensorToWrite[] {
  const { layers, width, feedForward, vocabulary } = shape;
  const kv = (width / shape.heads) * shape.kvHeads;
  const usual = quantization === "Q4_0" ? "Q4_0" : "Q4_K";
  const all = [
    randomMatrix("token_embd.weight", usual, vocabulary, width),
    ones("output_norm.weight", width),
    randomMatrix(
      "output.weight",
      quantization === "Q4_0" ? "Q4_0" : "Q6_K",
      vocabulary,
      width,
    ),
  ];
  for (let layer = 0; layer < layers; layer++) {
    const name = (part: string) => `blk.${layer}.${part}.weight`;
    const better = quantization === "Q4_K_M" && hasMoreBits(layer, layers) ? "Q6_K" : usual;
    all.push(
      ones(name("attn_norm"), width),
      randomMatrix(name("attn_q"), usual, width, width),
      randomMatrix(name("attn_k"), usual, kv, width),
      randomMatrix(name("attn_v"), better, kv, width),
      randomMatrix(name("attn_output"), usual, width, width),
      ones(name("ffn_norm"), width),
      randomMatrix(name("ffn_gate"), usual, feedForward, width),
      randomMatrix(name("ffn_up"), usual, feedForward, width),
      randomMatrix(name("ffn_down"), better, width, feedForward),
    );
  }
  return all;
}

/** llama.cpp's `use_more_bits`: the first and the last eighth of the layers, and each third between them. */
function hasMoreBits(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= Math.floor(7 * layers / 8) ||
    (layer - eighth) % 3 === 2;
}

function ones(name: string, length: number): GgufTensorToWrite {
  return {
    name,
    type: "F32",
    shape: [length],
    content: () => [new Uint8Array(new Float32Array(length).fill(1).buffer)],
  };
}
