/** The model that chooses levels is taken along with its elastic model. */
import assert from "node:assert/strict";
import { rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { compileModel, manifestBlobs, ModelFileError, validateManifest } from "../../models/compile/mod.ts";
import type { GgufValue } from "../../models/formats/mod.ts";
import { chooserFile } from "../../models/onnx/mod.ts";
import { openBlockStore } from "../../models/store/mod.ts";
import { CHOOSER, chooserWeights } from "./synthetic-chooser.ts";
import { syntheticModel, writeGgufModel } from "./synthetic-model.ts";
import { withFolder } from "./temporary.ts";

const SIZES = { layers: 1, heads: 4, kvHeads: 4, headSize: 16, feedForward: 64 } as const;
const ELASTIC: Readonly<Record<string, GgufValue>> = { "skein.elastic.slices": { type: "uint32", value: 4 } };

test("a chooser beside an elastic model is a blob of its manifest; without it, or with another, it is another manifest", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const model = await writeGgufModel(join(folder, "a.gguf"), syntheticModel("llama", SIZES), { metadata: ELASTIC });
    const [chooser, bytes] = [join(folder, "a.chooser.onnx"), chooserFile(CHOOSER, chooserWeights(CHOOSER))];
    assert.equal((await compileModel(model, { store })).elastic?.chooser, undefined);

    await writeFile(chooser, bytes);
    const manifest = await compileModel(model, { store });
    const blob = manifest.elastic?.chooser;
    assert.ok(blob !== undefined);
    assert.deepEqual(await store.read(blob, 0, blob.bytes), bytes);
    assert.ok(manifestBlobs(manifest).includes(blob));
    assert.deepEqual(validateManifest(JSON.parse(JSON.stringify(manifest))), manifest);

    await writeFile(chooser, chooserFile(CHOOSER, chooserWeights(CHOOSER, 2)));
    assert.notEqual((await compileModel(model, { store })).elastic?.chooser?.sha256, blob.sha256);
    await rm(chooser);
    assert.equal((await compileModel(model, { store })).elastic?.chooser, undefined);
  });
});

test("a chooser beside a model that is not elastic is left where it is, and one of no size a chooser has is refused", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const model = await writeGgufModel(join(folder, "a.gguf"), syntheticModel("llama", SIZES));
    const chooser = join(folder, "a.chooser.onnx");
    await writeFile(chooser, "anything");
    assert.equal((await compileModel(model, { store })).elastic, undefined);
    for (const size of [0, 2 ** 26 + 1]) {
      await truncate(chooser, size);
      await assert.rejects(compileModel(model, { store }), ModelFileError);
    }
  });
});
