/** GGUF models that come in several files. */
import assert from "node:assert/strict";
import { mkdir, rename, rm, symlink, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { compileModel } from "../../models/compile/mod.ts";
import { ggufParts, ModelFileError, openGguf } from "../../models/formats/mod.ts";
import { openBlockStore } from "../../models/store/mod.ts";
import { syntheticModel, writeGgufModel } from "./synthetic-model.ts";
import { withFolder } from "./temporary.ts";

const model = syntheticModel("llama");

test("a model in parts compiles to the blocks of the whole, by the path of any part, also through links", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const whole = await compileModel(await writeGgufModel(join(folder, "m.gguf"), model), { store });
    const first = await writeGgufModel(join(folder, "m.gguf"), model, { parts: 3 });
    assert.equal(basename(first), "m-00001-of-00003.gguf");
    const compiled = await compileModel(first, { store });
    assert.deepEqual(compiled, whole, "the name is that of the whole, too");
    assert.deepEqual(await compileModel(ggufParts(first)[2] ?? "", { store }), whole);
    // As in the hub's cache: links, whose files are called by their hashes.
    const links = join(folder, "links");
    await mkdir(links);
    for (const [index, part] of ggufParts(first).entries()) {
      await rename(part, join(folder, `blob${index}`));
      await symlink(join(folder, `blob${index}`), join(links, basename(part)));
    }
    assert.deepEqual(await compileModel(join(links, basename(first)), { store }), whole);
  });
});

test("a part that changes has the model compiled anew; one that is missing or of another model is named", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const first = await writeGgufModel(join(folder, "m.gguf"), model, { parts: 2 });
    const compile = async () => {
      let blocks = 0;
      await compileModel(first, { store, onProgress: () => blocks++ });
      return blocks;
    };
    assert.deepEqual([await compile(), await compile()], [4, 0]);
    const second = ggufParts(first)[1] ?? "";
    await utimes(second, 1, 1);
    assert.equal(await compile(), 4);
    const fails = async (words: RegExp) =>
      await assert.rejects(openGguf(first), (error) => error instanceof ModelFileError && words.test(error.message));
    await rename(second, `${second}.away`);
    await fails(/m-00002-of-00002\.gguf.*cannot be opened.*all 2 parts into the same folder/);
    await writeGgufModel(join(dirname(second), "x.gguf"), model);
    await rename(join(dirname(second), "x.gguf"), second);
    await fails(/it is a part of 1, and by its name one of 2/);
    await rm(second);
  });
});
