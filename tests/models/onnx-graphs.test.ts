import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import "../../models/compute/no-telemetry.ts";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { compileModel } from "../../models/compile/mod.ts";
import type { Manifest } from "../../models/manifest.ts";
import { ropeCaches } from "../../models/onnx/mod.ts";
import { openBlockStore } from "../../models/store/mod.ts";
import { openPlainRunner, sessionOptions } from "./plain-runner.ts";
import { referenceLogits } from "./reference-transformer.ts";
import { isRowInvariant } from "./row-invariance.ts";
import { type SyntheticModel, syntheticModel, writeFolder, writeGgufModel } from "./synthetic-model.ts";
import { withFolder } from "./temporary.ts";

const ids = [5, 17, 250, 3, 99, 3, 42, 200, 1, 77];

/** The largest difference between the graphs' logits and the reference's, as a share of the largest logit. */
async function difference(model: SyntheticModel, path: string, folder: string): Promise<[number, Manifest]> {
  const store = await openBlockStore(join(folder, "store"));
  const manifest = await compileModel(path, { store });
  const runner = await openPlainRunner(manifest, store, 32);
  try {
    // A prompt in two chunks, then single tokens: all the ways in which a layer is used.
    const rows = [...await runner.step(ids.slice(0, 4)), ...await runner.step(ids.slice(4, 7))];
    for (const id of ids.slice(7)) rows.push(...await runner.step([id]));
    let worst = 0;
    let largest = 0;
    referenceLogits(model, ids).forEach((wanted, position) => {
      wanted.forEach((logit, i) => {
        largest = Math.max(largest, Math.abs(logit));
        worst = Math.max(worst, Math.abs(logit - (rows[position]?.[i] ?? NaN)));
      });
    });
    return [worst / largest, manifest];
  } finally {
    await runner.release();
  }
}

const llama3 = { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 32 };
const factors = [1, 1, 1, 1.5, 2, 4, 8, 8];

const folders: Readonly<Record<string, [SyntheticModel, { shards?: number }]>> = {
  "a llama folder with Llama 3's rope scaling": [syntheticModel("llama", { ropeScaling: llama3 }), {}],
  "a mistral folder in BF16": [syntheticModel("mistral", { type: "BF16" }), {}],
  "a tied qwen2 folder with biases": [syntheticModel("qwen2", { tied: true }), {}],
  "a sharded qwen3 folder in F16 with wide heads": [syntheticModel("qwen3", { headSize: 32, type: "F16" }), {
    shards: 3,
  }],
};
for (const [name, [model, options]] of Object.entries(folders)) {
  test(`${name} gives the reference's logits`, async () => {
    await withFolder(async (folder) => {
      const [share] = await difference(model, await writeFolder(join(folder, "model"), model, options), folder);
      assert.ok(share < 1e-5, `${share}`);
    });
  });
}

const files: Readonly<Record<string, SyntheticModel>> = {
  "a llama GGUF with rope factors": syntheticModel("llama", { ropeFactors: factors }),
  "a tied llama GGUF in BF16": syntheticModel("llama", { tied: true, type: "BF16" }),
  "a qwen2 GGUF in F16": syntheticModel("qwen2", { type: "F16" }),
  "a tied qwen3 GGUF": syntheticModel("qwen3", { tied: true, kvHeads: 1 }),
};
for (const [name, model] of Object.entries(files)) {
  test(`${name} gives the reference's logits`, async () => {
    await withFolder(async (folder) => {
      const [share] = await difference(model, await writeGgufModel(join(folder, "model.gguf"), model), folder);
      assert.ok(share < 1e-5, `${share}`);
    });
  });
}

for (const quantized of [/attn_v\.weight|ffn_up\.weight/, /token_embd\.weight/, /\.weight$(?<!norm\.weight)/]) {
  test(`a qwen2 GGUF with ${quantized.source} at 8 bits comes close to the reference`, async () => {
    await withFolder(async (folder) => {
      const model = syntheticModel("qwen2", { tied: true });
      const [share] = await difference(
        model,
        await writeGgufModel(join(folder, "m.gguf"), model, { quantized }),
        folder,
      );
      assert.ok(share < 0.05 && share > 1e-5, `${share}`);
    });
  });
}

for (const [quantizedAs, most] of [["Q4_K", 0.4], ["Q5_K", 0.2], ["Q6_K", 0.1]] as const) {
  test(`a GGUF whose matrices are ${quantizedAs} comes close to the reference, as close as its steps are fine`, async () => {
    await withFolder(async (folder) => {
      const model = syntheticModel("qwen2", { tied: true, width: 256, heads: 4, headSize: 64, feedForward: 256 });
      const quantized = /\.weight$(?<!norm\.weight)/;
      const path = await writeGgufModel(join(folder, "m.gguf"), model, { quantized, quantizedAs });
      const [share, manifest] = await difference(model, path, folder);
      assert.ok(share < most && share > most / 20, `${share}`);
      const stored = quantizedAs === "Q4_K" ? "Q4_K" : `${quantizedAs} as 8 bits in blocks of 32`;
      assert.equal(manifest.quantization, stored);
    });
  });
}

test("a sliding window shorter than the context limits the context and says so", async () => {
  await withFolder(async (folder) => {
    const model = syntheticModel("mistral");
    const path = await writeFolder(join(folder, "model"), model, { config: { sliding_window: 48 } });
    const [share, manifest] = await difference(model, path, folder);
    assert.ok(share < 1e-5, `${share}`);
    assert.equal(manifest.architecture.context, 48);
    assert.match(manifest.notes?.[0] ?? "", /sliding window of 48 tokens, of 128/);
  });
});

for (const quantize of ["keep", "8", "4"] as const) {
  const apart = quantize === "4" && !(await isRowInvariant());
  const skip = apart && "this processor's 4-bit kernels round one row differently from several";
  test(`a sequence steps bit for bit the same in a batch and alone (quantize ${quantize})`, { skip }, async () => {
    await withFolder(async (folder) => {
      const store = await openBlockStore(join(folder, "store"));
      const model = syntheticModel("llama", { layers: 1, width: 256, feedForward: 384, headSize: 64 });
      const manifest = await compileModel(await writeFolder(join(folder, "model"), model), { store, quantize });
      const [, layer, head] = manifest.blocks;
      assert.ok(layer?.kind === "layer" && "graph" in layer && head?.kind === "head");
      const layerSession = await InferenceSession.create(store.path(layer.graph), sessionOptions);
      const headSession = await InferenceSession.create(store.path(head.graph), sessionOptions);
      const { kvHeads, headSize, width } = manifest.architecture;
      const capacity = 16;
      const { cos, sin } = ropeCaches(manifest.architecture, capacity);
      const past = [3, 0, 9];
      const wave = (length: number, seed: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * seed + seed));
      const slot = kvHeads * capacity * headSize;
      const hidden = wave(past.length * width, 0.7);
      const cache = wave(past.length * slot, 0.3);

      /** The logits of the sequences from `first` up to `end`, stepped together. */
      async function logits(first: number, end: number): Promise<Float32Array> {
        const rows = end - first;
        const lengths = past.slice(first, end);
        const slots = () =>
          new Tensor("float32", cache.slice(first * slot, end * slot), [rows, kvHeads, capacity, headSize]);
        const stepped = await layerSession.run({
          hidden: new Tensor("float32", hidden.slice(first * width, end * width), [rows, 1, width]),
          past_key: slots(),
          past_value: slots(),
          seqlens_k: new Tensor("int32", Int32Array.from(lengths), [rows]),
          total_sequence_length: new Tensor("int32", Int32Array.of(Math.max(...lengths) + 1), []),
          cos_cache: new Tensor("float32", cos, [capacity, headSize / 2]),
          sin_cache: new Tensor("float32", sin, [capacity, headSize / 2]),
        });
        const out = await headSession.run({ hidden: stepped["hidden_out"] as Tensor });
        return out["logits"]?.data as Float32Array;
      }

      try {
        const together = await logits(0, past.length);
        const alone = await Promise.all(past.map((_, row) => logits(row, row + 1)));
        assert.deepEqual(together, Float32Array.from(alone.flatMap((row) => [...row])));
      } finally {
        await layerSession.release();
        await headSession.release();
      }
    });
  });
}
