import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { ModelFileError, openModelFolder } from "../../models/formats/mod.ts";
import { withFolder } from "./temporary.ts";
import { rawSafetensors, writeSafetensors } from "./write-safetensors.ts";

const values = { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) };

async function refused(files: Readonly<Record<string, string | Uint8Array>>, message: RegExp): Promise<void> {
  await withFolder(async (folder) => {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    await assert.rejects(
      openModelFolder(folder),
      (error) => error instanceof ModelFileError && message.test(error.message),
      message.source,
    );
  });
}

test("tensors of all shards are found and read", async () => {
  await withFolder(async (folder) => {
    await writeFile(join(folder, "config.json"), "{}");
    const map = { a: "model-1.safetensors", b: "model-2.safetensors" };
    await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));
    await writeSafetensors(join(folder, "model-1.safetensors"), "F32", { a: values });
    await writeSafetensors(join(folder, "model-2.safetensors"), "BF16", { b: values });
    const file = await openModelFolder(folder);
    const a = file.tensors.get("a");
    assert.ok(a !== undefined);
    assert.deepEqual([...new Float32Array((await file.read(a, 8, 8)).buffer)], [3, 4]);
    assert.equal(file.tensors.get("b")?.bytes, 8);
    assert.throws(() => file.read(a, 12, 8), RangeError);
    await file.close();
  });
});

test("a folder that lacks its parts is refused by the part's name", async () => {
  await refused({}, /no config\.json/);
  await refused({ "config.json": "[]" }, /config\.json is not an object/);
  await refused({ "config.json": "{" }, /config\.json is not JSON/);
  await refused({ "config.json": "{}" }, /neither model\.safetensors nor/);
});

test("an index cannot lead out of the folder", async () => {
  for (const name of ["../secret.safetensors", "/etc/x.safetensors", "a/b.safetensors", "x.bin"]) {
    const index = JSON.stringify({ weight_map: { a: name } });
    await refused({ "config.json": "{}", "model.safetensors.index.json": index }, /its index names the file/);
  }
  const index = JSON.stringify({ weight_map: { a: "model-1.safetensors" } });
  await refused(
    { "config.json": "{}", "model.safetensors.index.json": index },
    /model-1\.safetensors cannot be opened/,
  );
});

test("damaged safetensors files are refused", async () => {
  const entry = (fields: Record<string, unknown>) =>
    JSON.stringify({ a: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...fields } });
  const cases: readonly [Uint8Array, RegExp][] = [
    [new Uint8Array(4), /only 4 bytes/],
    [new Uint8Array(8).fill(255), /header would have/],
    [rawSafetensors("{no", new Uint8Array(8)), /header is not JSON/],
    [rawSafetensors("[]", new Uint8Array(8)), /not an object/],
    [rawSafetensors(entry({}), new Uint8Array(4)), /"a" would end at byte/],
    [rawSafetensors(entry({ data_offsets: [8, 0] }), new Uint8Array(8)), /"a" would end/],
    [rawSafetensors(entry({ shape: [3] }), new Uint8Array(8)), /does not fill/],
    [rawSafetensors(entry({ shape: [-1] }), new Uint8Array(8)), /"a" is malformed/],
    [rawSafetensors(entry({ shape: [2 ** 60, 2 ** 60] }), new Uint8Array(8)), /"a"/],
    [rawSafetensors(entry({ data_offsets: [0.5, 8] }), new Uint8Array(8)), /"a" is malformed/],
  ];
  for (const [bytes, message] of cases) await refused({ "config.json": "{}", "model.safetensors": bytes }, message);
});
