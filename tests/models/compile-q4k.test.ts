import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { compileModel, validateManifest } from "../../models/compile/mod.ts";
import { dequantize, openGguf, readEmbeddingRows, typedBytes } from "../../models/formats/mod.ts";
import { openBlockStore } from "../../models/store/mod.ts";
import { syntheticModel, writeGgufModel } from "./synthetic-model.ts";
import { withFolder } from "./temporary.ts";

const sizes = { layers: 1, width: 256, heads: 4, kvHeads: 4, headSize: 64, feedForward: 1280 };
const matrices = /\.weight$(?<!norm\.weight)/;

test("a Q4_K model is stored at its own size, and its blocks say what they take", async () => {
  await withFolder(async (folder) => {
    const path = await writeGgufModel(join(folder, "m.gguf"), syntheticModel("llama", sizes), {
      quantized: matrices,
      quantizedAs: "Q4_K",
    });
    const manifest = await compileModel(path, { store: await openBlockStore(join(folder, "store")) });
    assert.equal(manifest.quantization, "Q4_K");
    assert.deepEqual(validateManifest(JSON.parse(JSON.stringify(manifest))), manifest);
    const [, layer] = manifest.blocks;
    assert.ok(layer?.kind === "layer" && "weights" in layer);
    // Offsets: 256 columns have 8 blocks, 1,280 have 40; each part is padded to whole blocks of 32.
    const stored = (4 * 256 + 2 * 1280) * (256 + 3 * 32) + 256 * (1280 + 3 * 64);
    assert.equal(layer.multiplyAddsPerToken, stored);
    const norms = 2 * 256 * 4;
    const weights = stored / 2 + (stored / 32) * 4 + norms;
    assert.ok(layer.weights.bytes >= weights && layer.weights.bytes < weights + 16 * 4096, `${layer.weights.bytes}`);
    // The kernels' copy has one more float a block.
    assert.equal(layer.memoryBytes, layer.weights.bytes + (stored / 32) * 4);
  });
});

for (const type of ["Q4_K", "Q5_K", "Q6_K"] as const) {
  test(`an embedding in ${type} stays what it is`, async () => {
    await withFolder(async (folder) => {
      const path = await writeGgufModel(join(folder, "m.gguf"), syntheticModel("llama", sizes), {
        quantized: /token_embd/,
        quantizedAs: type,
      });
      const store = await openBlockStore(join(folder, "store"));
      const manifest = await compileModel(path, { store });
      assert.deepEqual(validateManifest(JSON.parse(JSON.stringify(manifest))), manifest);
      const [embed] = manifest.blocks;
      assert.ok(embed?.kind === "embed");
      assert.equal(embed.table, type);
      assert.equal(embed.weights.bytes, typedBytes(type, manifest.architecture.vocabulary * 256));
      const table = await readFile(store.path(embed.weights));
      const found = new Float32Array(2 * 256);
      readEmbeddingRows(table, embed.table, 256, [299, 7], found);
      assert.deepEqual(found, await rowsOf(path, [299, 7]));
    });
  });
}

/** Rows of 256 of the file's embedding. */
async function rowsOf(path: string, ids: readonly number[]): Promise<Float32Array> {
  const source = await openGguf(path);
  try {
    const tensor = source.tensors.get("token_embd.weight") ?? assert.fail("no embedding");
    assert.ok(typeof tensor.type === "string");
    const values = new Float32Array(tensor.shape.reduce((product, size) => product * size, 1));
    dequantize(tensor.type, await source.read(tensor, 0, tensor.bytes), values);
    return Float32Array.from(ids.flatMap((id) => [...values.subarray(id * 256, (id + 1) * 256)]));
  } finally {
    await source.close();
  }
}
