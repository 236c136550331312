/** Command: turns a trained model into a GGUF file. `node training/export-gguf.ts FOLDER FILE [F32|Q8_0]` */
import { basename } from "node:path";
import { encodeQ8 } from "../models/compile/encode-q8.ts";
import { ggufNames, huggingFaceNames, type LayerNames } from "../models/compile/tensor-names.ts";
import {
  type GgufTensorToWrite,
  type GgufValue,
  type ModelFolder,
  openModelFolder,
  writeGguf,
} from "../models/formats/mod.ts";
import { bosId, chatTemplate, endId, specialTokens } from "./tokenizer/special-tokens.ts";
import { readTokenizer } from "./tokenizer/tokenizer-file.ts";

type Weights = "F32" | "Q8_0";

const projections = ["query", "key", "value", "attentionOutput", "gate", "up", "down"] as const;
const norms = ["attentionNorm", "feedForwardNorm"] as const satisfies readonly (keyof LayerNames)[];

/**
 * Reads a folder that `pytorch/train.py` wrote (config.json, model.safetensors) and writes it as a GGUF file with the
 * tokenizer next to this module. Matrices are stored as `weights`, norms as F32.
 */
export async function exportGguf(folder: string, path: string, weights: Weights = "Q8_0"): Promise<void> {
  const source = await openModelFolder(folder);
  try {
    const number = (key: string) => {
      const value = source.config[key];
      if (typeof value !== "number") {
        throw new TypeError(`Cannot export ${folder}: its config.json has no number "${key}"`);
      }
      return value;
    };
    const heads = number("num_attention_heads");
    const kvHeads = number("num_key_value_heads");
    const tensors = [await matrix(source, huggingFaceNames.embedding, ggufNames.embedding, weights)];
    for (let layer = 0; layer < number("num_hidden_layers"); layer++) {
      const from = huggingFaceNames.layerPrefix(layer);
      const to = ggufNames.layerPrefix(layer);
      for (const norm of norms) {
        tensors.push(await vector(source, from + huggingFaceNames.layer[norm], to + ggufNames.layer[norm]));
      }
      for (const part of projections) {
        const turned = part === "query" ? heads : part === "key" ? kvHeads : undefined;
        const [name, ggufName] = [huggingFaceNames.layer[part], ggufNames.layer[part]];
        tensors.push(await matrix(source, `${from}${name}.weight`, `${to}${ggufName}.weight`, weights, turned));
      }
    }
    tensors.push(await vector(source, huggingFaceNames.norm, ggufNames.norm));
    await writeGguf(path, {
      metadata: {
        "general.architecture": "llama",
        "general.name": basename(path, ".gguf"),
        "general.license": "apache-2.0",
        "general.file_type": uint32(weights === "F32" ? 0 : 7),
        "llama.block_count": uint32(number("num_hidden_layers")),
        "llama.context_length": uint32(number("max_position_embeddings")),
        "llama.embedding_length": uint32(number("hidden_size")),
        "llama.feed_forward_length": uint32(number("intermediate_size")),
        "llama.attention.head_count": uint32(heads),
        "llama.attention.head_count_kv": uint32(kvHeads),
        "llama.attention.key_length": uint32(number("head_dim")),
        "llama.attention.value_length": uint32(number("head_dim")),
        "llama.rope.dimension_count": uint32(number("head_dim")),
        "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: number("rms_norm_eps") },
        "llama.rope.freq_base": { type: "float32", value: number("rope_theta") },
        "llama.vocab_size": uint32(number("vocab_size")),
        ...elasticMetadata(source),
        ...await tokenizerMetadata(),
      },
      tensors,
    });
  } finally {
    await source.close();
  }
}

/** What `pytorch/model.py` writes of an elastic model: {slices, anchors}. */
function elasticMetadata({ config, path }: ModelFolder): Record<string, GgufValue> {
  const { elastic } = config;
  if (elastic === undefined) return {};
  const { slices, anchors } = elastic as { readonly slices?: unknown; readonly anchors?: unknown };
  if (typeof slices !== "number" || !Array.isArray(anchors) || !anchors.every((layer) => typeof layer === "number")) {
    throw new TypeError(`Cannot export ${path}: the "elastic" of its config.json has no slices and anchors`);
  }
  return { "skein.elastic.slices": uint32(slices), "skein.elastic.anchors": { type: "uint32", value: anchors } };
}

async function tokenizerMetadata() {
  const { vocab, merges } = await readTokenizer(new URL("tokenizer.json", import.meta.url));
  const tokens = Object.entries(vocab).sort(([, a], [, b]) => a - b).map(([token]) => token);
  return {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "gpt-2",
    "tokenizer.ggml.tokens": tokens,
    "tokenizer.ggml.token_type": { type: "int32", value: tokens.map((_, id) => id < specialTokens.length ? 3 : 1) },
    "tokenizer.ggml.merges": merges.map(([left, right]) => `${left} ${right}`),
    "tokenizer.ggml.bos_token_id": uint32(bosId),
    "tokenizer.ggml.eos_token_id": uint32(endId),
    "tokenizer.ggml.add_bos_token": true,
    "tokenizer.chat_template": chatTemplate,
  } as const;
}

function uint32(value: number): { readonly type: "uint32"; readonly value: number } {
  return { type: "uint32", value };
}

async function vector(source: ModelFolder, name: string, ggufName: string): Promise<GgufTensorToWrite> {
  const { values, shape } = await read(source, name);
  return { name: ggufName, type: "F32", shape, content: () => [bytesOf(values)] };
}

/** A projection; one of `heads` whose pairs of rotary elements are half a head apart gets them next to each other. */
async function matrix(
  source: ModelFolder,
  name: string,
  ggufName: string,
  type: Weights,
  heads?: number,
): Promise<GgufTensorToWrite> {
  const { values, shape } = await read(source, name);
  const ordered = heads === undefined ? values : interleave(values, shape[0] ?? 0, shape[1] ?? 0, heads);
  const content = () => [type === "F32" ? bytesOf(ordered) : encodeQ8(ordered)];
  return { name: ggufName, type, shape, content };
}

/** Row `i` of a head's first half goes to `2 i`, of its second half to `2 i + 1` (`permute` in llama.cpp's converter). */
function interleave(values: Float32Array, rows: number, columns: number, heads: number): Float32Array {
  const result = new Float32Array(values.length);
  const headSize = rows / heads;
  for (let row = 0; row < rows; row++) {
    const within = row % headSize;
    const half = headSize / 2;
    const target = row - within + (within < half ? 2 * within : 2 * (within - half) + 1);
    result.set(values.subarray(row * columns, (row + 1) * columns), target * columns);
  }
  return result;
}

async function read(source: ModelFolder, name: string) {
  const tensor = source.tensors.get(name);
  if (tensor?.type !== "F32") throw new TypeError(`Cannot export ${source.path}: it has no float32 tensor "${name}"`);
  const bytes = await source.read(tensor, 0, tensor.bytes);
  return { values: new Float32Array(bytes.slice().buffer), shape: tensor.shape };
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

if (import.meta.main) {
  const [folder, path, weights = "Q8_0"] = process.argv.slice(2);
  if (folder === undefined || path === undefined || (weights !== "Q8_0" && weights !== "F32")) {
    throw new TypeError("Cannot export without a folder and a file: export-gguf.ts FOLDER FILE [F32|Q8_0]");
  }
  await exportGguf(folder, path, weights);
}
