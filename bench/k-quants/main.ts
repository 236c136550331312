/**
 * Whether Skein reads k-quants as llama.cpp does: the built-in model's matrices as Q4_K, Q5_K and Q6_K, llama.cpp's greedy
 * tokens, and at how many positions Skein's most likely token is the same (the tokens before it being given). The
 * two round activations differently, so a few close calls differ; a layout read wrongly would agree nowhere. What it
 * printed is in docs/k-quants.md. `npm run bench:k-quants`
 */
import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { agreement, readReferences } from "../../training/evaluation/parity.ts";
import { openPipeline } from "../../training/evaluation/pipeline.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import {
  dequantize,
  type GgufFile,
  type GgufTensorToWrite,
  type GgufValue,
  openGguf,
  type TensorType,
  writeGguf,
} from "../../models/formats/mod.ts";
import { encodeK } from "../../tests/models/encode-k-quants.ts";
import { installLlama } from "../decode/llama.ts";

const out = fileURLToPath(new URL("../out/", import.meta.url));
const types = ["Q8_0", "Q4_K", "Q5_K", "Q6_K"] as const;
const prompts = 25;
const tokens = 60;

installLlama();
await mkdir(out, { recursive: true });
const references = (await readReferences()).filter((_, i) => i % 4 === 0).slice(0, prompts);
for (const type of types) {
  const path = type === "Q8_0" ? builtinModelPath() : `${out}builtin-${type}.gguf`;
  if (type !== "Q8_0") await writeAs(type, path);
  const asked = references.map(({ prompt }) => ({ prompt, greedy: greedyOf(path, prompt) }));
  await using pipeline = await openPipeline(path);
  const { forced, positions } = await agreement(pipeline, asked);
  console.log(`${type}: ${forced} of ${positions} positions agree (${(100 * forced / positions).toFixed(2)}%)`);
}

function greedyOf(model: string, prompt: readonly number[]): number[] {
  const program = fileURLToPath(new URL("llama-greedy.mjs", import.meta.url));
  const input = `${JSON.stringify({ prompt, count: tokens })}\n`;
  return JSON.parse(execFileSync("node", [program, model], { input, encoding: "utf8" })) as number[];
}

/** The built-in model with its matrices as a k-quant. */
async function writeAs(type: "Q4_K" | "Q5_K" | "Q6_K", path: string): Promise<void> {
  const source = await openGguf(builtinModelPath());
  try {
    const tensors: GgufTensorToWrite[] = [];
    for (const tensor of source.tensors.values()) {
      const { name, shape } = tensor;
      if (typeof tensor.type !== "string") throw new TypeError(`Cannot read ${name}`);
      const stored = await source.read(tensor, 0, tensor.bytes);
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
      dequantize(tensor.type, stored, values);
      const matrix = shape.length === 2;
      const as: TensorType = matrix ? type : tensor.type;
      tensors.push({ name, shape, type: as, content: () => [matrix ? encodeK(type, values) : stored] });
    }
    await writeGguf(path, { metadata: metadataOf(source), tensors });
  } finally {
    await source.close();
  }
}

function metadataOf({ metadata }: GgufFile): Record<string, GgufValue> {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, typed(key, value)]));
}

/** A value as it was read, with the type that llama.cpp wants for its key. */
function typed(key: string, value: unknown): GgufValue {
  if (typeof value === "number") {
    return { type: /epsilon|freq_base/.test(key) ? "float32" : "uint32", value };
  }
  if (typeof value === "string" || typeof value === "boolean") return value;
  const list = Array.from(value as ArrayLike<unknown>);
  if (list.every((one) => typeof one === "string")) return list;
  return { type: "int32", value: list as number[] };
}
