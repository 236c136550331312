/** Small models with random weights, written as Hugging Face folders and GGUF files, for tests. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type GgufValue, isKQuant, type TensorType, writeGguf } from "../../models/formats/mod.ts";
import type { KQuant } from "../../models/formats/tensor-type.ts";
import { encodeK } from "./encode-k-quants.ts";
import { encodeQ8 } from "../../models/compile/encode-q8.ts";
import type { Architecture } from "../../models/manifest.ts";
import { encodeFloats, type FloatTensor, type FloatType, roundTo, writeSafetensors } from "./write-safetensors.ts";

/** Tensors by their Hugging Face names; rotary halves apart. */
export type Weights = Readonly<Record<string, FloatTensor>>;

export interface SyntheticModel {
  readonly architecture: Architecture;
  readonly tied: boolean;
  readonly type: FloatType;
  readonly weights: Weights;
}

/** Makes a model of a family. `sizes` override small defaults. */
export function syntheticModel(
  family: Architecture["family"],
  { tied = false, type = "F32", ...sizes }: Partial<Architecture> & { tied?: boolean; type?: FloatType } = {},
): SyntheticModel {
  const architecture: Architecture = {
    layers: 2,
    width: 64,
    heads: 4,
    kvHeads: 2,
    headSize: 16,
    feedForward: 96,
    vocabulary: 300,
    context: 128,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    rotary: "half",
    ...sizes,
    family,
  };
  const { layers, width, heads, kvHeads, headSize, feedForward, vocabulary } = architecture;
  const random = generator(7);
  const make = (shape: readonly number[], spread: number, centre = 0): FloatTensor => ({
    shape,
    values: roundTo(
      type,
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => centre + spread * (random() - 0.5)),
    ),
  });
  const weights: Record<string, FloatTensor> = {
    "model.embed_tokens.weight": make([vocabulary, width], 2),
    "model.norm.weight": make([width], 0.5, 1),
  };
  if (!tied) weights["lm_head.weight"] = make([vocabulary, width], 4 / Math.sqrt(width));
  const linear = (name: string, rows: number, columns: number, bias = false) => {
    weights[`${name}.weight`] = make([rows, columns], 4 / Math.sqrt(columns));
    if (bias) weights[`${name}.bias`] = make([rows], 1);
  };
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `model.layers.${layer}.`;
    weights[`${prefix}input_layernorm.weight`] = make([width], 0.5, 1);
    weights[`${prefix}post_attention_layernorm.weight`] = make([width], 0.5, 1);
    linear(`${prefix}self_attn.q_proj`, heads * headSize, width, family === "qwen2");
    linear(`${prefix}self_attn.k_proj`, kvHeads * headSize, width, family === "qwen2");
    linear(`${prefix}self_attn.v_proj`, kvHeads * headSize, width, family === "qwen2");
    linear(`${prefix}self_attn.o_proj`, width, heads * headSize);
    if (family === "qwen3") {
      weights[`${prefix}self_attn.q_norm.weight`] = make([headSize], 0.5, 1);
      weights[`${prefix}self_attn.k_norm.weight`] = make([headSize], 0.5, 1);
    }
    linear(`${prefix}mlp.gate_proj`, feedForward, width);
    linear(`${prefix}mlp.up_proj`, feedForward, width);
    linear(`${prefix}mlp.down_proj`, width, feedForward);
  }
  return { architecture, tied, type, weights };
}

function generator(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

/** Writes the model as a Hugging Face folder, in `shards` files. `config` goes over the configuration that fits. */
export async function writeFolder(
  folder: string,
  { architecture, tied, type, weights }: SyntheticModel,
  { config = {}, shards = 1 }: { config?: Readonly<Record<string, unknown>>; shards?: number } = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const scaling = architecture.ropeScaling;
  const json = (name: string, value: unknown) => writeFile(join(folder, name), JSON.stringify(value));
  await json("config.json", {
    model_type: architecture.family,
    hidden_size: architecture.width,
    intermediate_size: architecture.feedForward,
    num_hidden_layers: architecture.layers,
    num_attention_heads: architecture.heads,
    num_key_value_heads: architecture.kvHeads,
    head_dim: architecture.headSize,
    vocab_size: architecture.vocabulary,
    max_position_embeddings: architecture.context,
    rms_norm_eps: architecture.normEpsilon,
    rope_theta: architecture.ropeTheta,
    rope_scaling: scaling === undefined ? null : {
      rope_type: "llama3",
      factor: scaling.factor,
      low_freq_factor: scaling.lowFrequencyFactor,
      high_freq_factor: scaling.highFrequencyFactor,
      original_max_position_embeddings: scaling.originalContext,
    },
    hidden_act: "silu",
    tie_word_embeddings: tied,
    ...config,
  });
  const vocab = Object.fromEntries(Array.from({ length: 256 }, (_, id) => [`t${id}`, id]));
  await json("tokenizer.json", { model: { type: "BPE", vocab, merges: [] }, added_tokens: [] });
  if (shards === 1) {
    await writeSafetensors(join(folder, "model.safetensors"), type, weights);
    return folder;
  }
  const map: Record<string, string> = {};
  const name = (shard: number) => `model-0000${shard + 1}-of-0000${shards}.safetensors`;
  const names = Object.keys(weights);
  for (let shard = 0; shard < shards; shard++) {
    const part = Object.fromEntries(Object.entries(weights).filter((_, i) => i % shards === shard));
    await writeSafetensors(join(folder, name(shard)), type, part);
  }
  names.forEach((tensor, i) => map[tensor] = name(i % shards));
  await json("model.safetensors.index.json", { weight_map: map });
  return folder;
}

/** Hugging Face names to GGUF's. */
const ggufName: readonly (readonly [RegExp, string])[] = [
  [/^model\.embed_tokens/, "token_embd"],
  [/^model\.norm/, "output_norm"],
  [/^lm_head/, "output"],
  [/^model\.layers\.(\d+)\.input_layernorm/, "blk.$1.attn_norm"],
  [/^model\.layers\.(\d+)\.post_attention_layernorm/, "blk.$1.ffn_norm"],
  [/^model\.layers\.(\d+)\.self_attn\.([qkv])_proj/, "blk.$1.attn_$2"],
  [/^model\.layers\.(\d+)\.self_attn\.([qk])_norm/, "blk.$1.attn_$2_norm"],
  [/^model\.layers\.(\d+)\.self_attn\.o_proj/, "blk.$1.attn_output"],
  [/^model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj/, "blk.$1.ffn_$2"],
];

export interface WriteGgufModelOptions {
  /** Metadata over what fits; undefined removes a key. */
  readonly metadata?: Readonly<Record<string, GgufValue | undefined>>;
  /** Tensors (GGUF names) to store quantised. */
  readonly quantized?: RegExp;
  /** How. Default Q8_0. */
  readonly quantizedAs?: "Q8_0" | KQuant;
  /** Files to cut it into, named as llama.cpp's gguf-split does. Default 1. */
  readonly parts?: number;
}

/** Writes the model as llama.cpp's converter would: the rotary rows of llama and mistral interleaved. */
export async function writeGgufModel(
  path: string,
  { architecture, type, weights }: SyntheticModel,
  { metadata = {}, quantized, quantizedAs = "Q8_0", parts = 1 }: WriteGgufModelOptions = {},
): Promise<string> {
  const { family, heads, kvHeads, headSize, ropeFactors } = architecture;
  const interleaved = family === "llama" || family === "mistral";
  const uint32 = (value: number): GgufValue => ({ type: "uint32", value });
  const float32 = (value: number): GgufValue => ({ type: "float32", value });
  const special = ["<unk>", "<s>", "</s>"];
  const pieces = [
    ...special,
    ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
  ];
  const values: Record<string, GgufValue | undefined> = {
    "general.architecture": family,
    [`${family}.block_count`]: uint32(architecture.layers),
    [`${family}.context_length`]: uint32(architecture.context),
    [`${family}.embedding_length`]: uint32(architecture.width),
    [`${family}.feed_forward_length`]: uint32(architecture.feedForward),
    [`${family}.attention.head_count`]: uint32(heads),
    [`${family}.attention.head_count_kv`]: uint32(kvHeads),
    [`${family}.attention.key_length`]: uint32(headSize),
    [`${family}.attention.value_length`]: uint32(headSize),
    [`${family}.attention.layer_norm_rms_epsilon`]: float32(architecture.normEpsilon),
    [`${family}.rope.freq_base`]: float32(architecture.ropeTheta),
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.tokens": pieces,
    "tokenizer.ggml.scores": { type: "float32", value: pieces.map(() => 0) },
    "tokenizer.ggml.token_type": { type: "int32", value: pieces.map((_, i) => i === 0 ? 2 : i < 3 ? 3 : 6) },
    "tokenizer.ggml.bos_token_id": uint32(1),
    "tokenizer.ggml.eos_token_id": uint32(2),
    ...metadata,
  };
  const tensors = Object.entries(weights).map(([name, tensor]) => {
    const found = ggufName.find(([pattern]) => pattern.test(name));
    const renamed = found === undefined ? name : name.replace(...found);
    const rows = /\.attn_q\./.test(renamed) ? heads : /\.attn_k\./.test(renamed) ? kvHeads : 0;
    const { shape, values } = interleaved && rows > 0 ? interleave(tensor, rows) : tensor;
    const stored: TensorType = quantized?.test(renamed) ? quantizedAs : shape.length === 1 ? "F32" : type;
    const bytes = stored === "Q8_0"
      ? encodeQ8(values)
      : isKQuant(stored)
      ? encodeK(stored, values)
      : encodeFloats(stored as FloatType, values);
    return { name: renamed, type: stored, shape, content: () => [bytes] };
  });
  if (ropeFactors !== undefined) {
    const bytes = encodeFloats("F32", Float32Array.from(ropeFactors));
    tensors.push({ name: "rope_freqs.weight", type: "F32", shape: [ropeFactors.length], content: () => [bytes] });
  }
  const kept = Object.entries(values).filter((entry): entry is [string, GgufValue] => entry[1] !== undefined);
  if (parts === 1) {
    await writeGguf(path, { metadata: Object.fromEntries(kept), tensors });
    return path;
  }
  const number = (value: number) => String(value).padStart(5, "0");
  const pathOf = (part: number) => path.replace(/\.gguf$/, `-${number(part + 1)}-of-${number(parts)}.gguf`);
  const split = { "split.count": uint32(parts), "split.tensors.count": uint32(tensors.length) };
  for (let part = 0; part < parts; part++) {
    // The first part has the metadata, and as a rule no tensors.
    const own = part === 0 ? [] : tensors.filter((_, index) => index % (parts - 1) === part - 1);
    const metadata = { ...part === 0 ? Object.fromEntries(kept) : {}, ...split };
    await writeGguf(pathOf(part), { metadata, tensors: own });
  }
  return pathOf(0);
}

/** Puts the rows of the two halves of each head next to each other (`LlamaModel.permute` of llama.cpp's converter). */
function interleave({ shape, values }: FloatTensor, heads: number): FloatTensor {
  const [rows = 0, columns = 1] = shape;
  const headSize = rows / heads;
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const head = Math.floor(row / headSize);
    const inside = row % headSize;
    const from = head * headSize + (inside % 2) * (headSize / 2) + Math.floor(inside / 2);
    out.set(values.subarray(from * columns, (from + 1) * columns), row * columns);
  }
  return { shape, values: out };
}
