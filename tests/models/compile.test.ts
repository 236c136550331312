import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, rm, truncate, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { compileModel, manifestBlobs, ModelFileError, validateManifest } from "../../models/compile/mod.ts";
import { parseBundle } from "../../models/text/mod.ts";
import { openBlockStore } from "../../models/store/mod.ts";
import { type SyntheticModel, syntheticModel, writeFolder, writeGgufModel } from "./synthetic-model.ts";
import { withFolder } from "./temporary.ts";
import { weightBlobs } from "../../models/manifest-blobs.ts";

test("a compiled model is complete and its manifest valid", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const model = syntheticModel("llama", { type: "BF16" });
    const seen: number[] = [];
    let written = 0;
    const manifest = await compileModel(await writeFolder(join(folder, "my model"), model), {
      store,
      onProgress: ({ block, blocks, bytes }) => {
        assert.equal(blocks, 4);
        seen.push(block);
        written = bytes;
      },
    });
    assert.deepEqual(seen, [1, 2, 3, 4]);
    assert.equal(written, manifest.blocks.reduce((sum, block) => sum + (weightBlobs(block)[0]?.bytes ?? 0), 0));
    assert.equal(manifest.name, "my model");
    assert.equal(manifest.quantization, "F32");
    assert.deepEqual(manifest.blocks.map(({ kind }) => kind), ["embed", "layer", "layer", "head"]);
    assert.deepEqual(validateManifest(JSON.parse(JSON.stringify(manifest))), manifest);
    for (const blob of manifestBlobs(manifest)) assert.equal(await store.verify(blob), true);
    parseBundle(JSON.parse(await readFile(store.path(manifest.tokenizer), "utf8")));
    const [, layer] = manifest.blocks;
    assert.equal(layer?.multiplyAddsPerToken, 64 * (64 + 32 + 32 + 64 + 3 * 96));
    assert.ok(layer?.kind === "layer" && layer.kvBytesPerToken === 2 * 4 * 2 * 16);
  });
});

test("the same model gives the same manifest in any store", async () => {
  await withFolder(async (folder) => {
    const path = await writeGgufModel(join(folder, "model.gguf"), syntheticModel("qwen3"));
    for (const quantize of ["keep", "4", "8"] as const) {
      const one = await compileModel(path, { store: await openBlockStore(join(folder, "one")), quantize });
      const other = await compileModel(path, { store: await openBlockStore(join(folder, "other")), quantize });
      assert.deepEqual(one, other);
    }
  });
});

test("an unchanged file is compiled once, a changed one or one whose blobs are gone again", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const path = await writeGgufModel(join(folder, "model.gguf"), syntheticModel("llama"));
    let blocks = 0;
    const compile = async (quantize: "keep" | "4" = "keep") => {
      blocks = 0;
      return await compileModel(path, { store, quantize, onProgress: () => blocks++ });
    };
    const first = await compile();
    assert.equal(blocks, 4);
    assert.deepEqual(await compile(), first);
    assert.equal(blocks, 0);
    assert.equal((await compile("4")).quantization, "4 bits in blocks of 32");
    await utimes(path, 1, 1);
    await compile();
    assert.equal(blocks, 4);
    await rm(store.path(first.tokenizer));
    await compile();
    assert.equal(blocks, 4);
  });
});

test("an abort ends the work with its reason", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const path = await writeFolder(join(folder, "model"), syntheticModel("llama"));
    const controller = new AbortController();
    const work = compileModel(path, {
      store,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await assert.rejects(work, /enough/);
    assert.deepEqual(await store.manifests(), []);
    await assert.rejects(compileModel(path, { store, signal: controller.signal }), /enough/);
  });
});

async function refused(make: (folder: string) => Promise<string>, message: RegExp): Promise<void> {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const path = await make(folder);
    await assert.rejects(
      compileModel(path, { store }),
      (error) => {
        assert.ok(error instanceof ModelFileError, String(error));
        assert.match(error.message, message);
        assert.match(error.message, /^Cannot use the model "/);
        return true;
      },
      message.source,
    );
    assert.deepEqual(await store.manifests(), []);
  });
}

const llama = syntheticModel("llama", { layers: 1 });

function without(model: SyntheticModel, name: string): SyntheticModel {
  const { [name]: _, ...weights } = model.weights;
  return { ...model, weights };
}

test("a path that leads to no model is refused", async () => {
  await refused(async (folder) => join(folder, "none.gguf"), /there is no such file or folder/);
  await refused(async (folder) => {
    await mkdir(join(folder, "empty"));
    return join(folder, "empty");
  }, /no config\.json/);
  await refused(async (folder) => {
    await writeFile(join(folder, "text.gguf"), "this is only some text, not a model");
    return join(folder, "text.gguf");
  }, /not a GGUF file/);
});

test("a damaged GGUF file is refused", async () => {
  const gguf = (folder: string) => writeGgufModel(join(folder, "m.gguf"), llama);
  await refused(async (folder) => {
    const path = await gguf(folder);
    await truncate(path, 60_000);
    return path;
  }, /would end at byte \d+, but the file has 60000 bytes.*fetch it again/);
  await refused(
    (folder) => writeGgufModel(join(folder, "m.gguf"), without(llama, "model.norm.weight")),
    /"output_norm\.weight" is missing/,
  );
  const { weights } = llama;
  const bent = { ...weights, "model.norm.weight": { shape: [32], values: new Float32Array(32) } };
  await refused(
    (folder) => writeGgufModel(join(folder, "m.gguf"), { ...llama, weights: bent }),
    /"output_norm\.weight" has the shape \[32\], but the model's sizes ask for \[64\]/,
  );
  const more = { ...weights, "blk.0.attn_sinks.weight": { shape: [4], values: new Float32Array(4) } };
  await refused(
    (folder) => writeGgufModel(join(folder, "m.gguf"), { ...llama, weights: more }),
    /"blk\.0\.attn_sinks\.weight", which/,
  );
});

test("a tensor of an unknown type is refused by name and type", async () => {
  await refused(async (folder) => {
    const path = await writeGgufModel(join(folder, "m.gguf"), llama);
    const bytes = await readFile(path);
    // Name, two axes with their sizes, then the type.
    const at = bytes.indexOf("blk.0.ffn_up.weight") + "blk.0.ffn_up.weight".length + 4 + 16;
    bytes.writeUInt32LE(11, at);
    await writeFile(path, bytes);
    return path;
  }, /"blk\.0\.ffn_up\.weight" is stored as Q3_K.*F32, F16, BF16, Q4_0, Q8_0, Q4_K, Q5_K, Q6_K/);
});

test("GGUF models that the graphs do not cover are refused", async () => {
  const cases: readonly [NonNullable<Parameters<typeof writeGgufModel>[2]>["metadata"], RegExp][] = [
    [{ "general.architecture": "mamba" }, /architecture is "mamba".*llama, mistral, qwen2, qwen3/],
    [{ "general.architecture": "toString" }, /architecture is "toString"/],
    [{ "general.architecture": undefined }, /architecture is undefined/],
    [{ "llama.block_count": undefined }, /"llama\.block_count" is missing/],
    [
      { "llama.block_count": { type: "uint32", value: 4_000_000_000 } },
      /"llama\.block_count" is 4000000000.*1 to 1024/,
    ],
    [{ "llama.attention.head_count": { type: "uint32", value: 0 } }, /head_count" is 0/],
    [{ "llama.attention.head_count_kv": { type: "uint32", value: 3 } }, /4 heads cannot share 3/],
    [{ "llama.attention.head_count_kv": { type: "uint32", value: [2, 2] } }, /head_count_kv" is \[2,2\]/],
    [{ "split.count": { type: "uint32", value: 3 } }, /a part of 3, and by its name one of 1/],
    [{ "llama.expert_count": { type: "uint32", value: 8 } }, /mixture of 8 experts/],
    [{ "llama.rope.scaling.type": "yarn" }, /rope scaling is "yarn"/],
    [
      { "llama.rope.dimension_count": { type: "uint32", value: 8 } },
      /rope\.dimension_count" differs from the head size 16/,
    ],
    [{ "tokenizer.ggml.tokens": undefined }, /tokenizer cannot be used/],
    [{ "general.alignment": { type: "uint32", value: 3 } }, /alignment is 3/],
  ];
  for (const [metadata, message] of cases) {
    await refused((folder) => writeGgufModel(join(folder, "m.gguf"), llama, { metadata: metadata ?? {} }), message);
  }
});

test("folders that the graphs do not cover are refused", async () => {
  const cases: readonly [Readonly<Record<string, unknown>>, RegExp][] = [
    [{ model_type: "gemma" }, /model_type is "gemma".*llama, mistral, qwen2, qwen3/],
    [{ hidden_act: "gelu" }, /hidden_act is "gelu"/],
    [{ num_hidden_layers: "2" }, /"num_hidden_layers" is "2"/],
    [{ num_hidden_layers: 2 }, /"model\.layers\.1\..*" is missing/],
    [{ hidden_size: 128 }, /has the shape \[300, 64\], but the model's sizes ask for \[300, 128\]/],
    [{ rope_scaling: { type: "linear", factor: 2 } }, /rope scaling is "linear"/],
    [{ rope_scaling: { rope_type: "llama3" } }, /"factor" is missing/],
    [{ partial_rotary_factor: 0.5 }, /partial_rotary_factor is 0\.5/],
  ];
  for (const [config, message] of cases) {
    await refused((folder) => writeFolder(join(folder, "m"), llama, { config }), message);
  }
  await refused(
    (folder) => writeFolder(join(folder, "m"), without(llama, "lm_head.weight")),
    /"lm_head\.weight" is missing/,
  );
  await refused(async (folder) => {
    const path = await writeFolder(join(folder, "m"), llama);
    await unlink(join(path, "tokenizer.json"));
    return path;
  }, /no tokenizer\.json/);
  await refused(async (folder) => {
    const path = await writeFolder(join(folder, "m"), syntheticModel("llama", { vocabulary: 100 }));
    await appendFile(join(path, "config.json"), " ");
    return path;
  }, /token 255, but its embedding only the rows 0 to 99/);
});

test("a manifest that was changed on its way is refused", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const manifest = await compileModel(await writeFolder(join(folder, "m"), llama), { store });
    const cases: readonly [Record<string, unknown>, RegExp][] = [
      [{ name: "other" }, /its id is/],
      [{ id: "../../x" }, /id: a hash must be/],
      [{ blocks: manifest.blocks.slice(1) }, /blocks/],
      [{ blocks: [...manifest.blocks].reverse() }, /embed, every layer and head/],
      [{ architecture: { ...manifest.architecture, width: 2 ** 40 } }, /architecture\.width/],
      [{ architecture: { ...manifest.architecture, kvHeads: 3 } }, /multiple of kvHeads/],
      [{ more: 1 }, /more/],
      [{ format: 2 }, /format/],
    ];
    for (const [change, message] of cases) assert.throws(() => validateManifest({ ...manifest, ...change }), message);
    for (const nonsense of [undefined, null, 7, "x", []]) assert.throws(() => validateManifest(nonsense), TypeError);
  });
});
