import assert from "node:assert/strict";
import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import fc from "fast-check";
import { parseGgufHeader } from "../../models/formats/gguf-header.ts";
import { HeaderIncomplete, HeaderInvalid } from "../../models/formats/gguf-reader.ts";
import { ModelFileError, openGguf, writeGguf } from "../../models/formats/mod.ts";
import { withFolder } from "./temporary.ts";

async function writeSmall(folder: string): Promise<string> {
  const path = join(folder, "small.gguf");
  await writeGguf(path, {
    metadata: {
      "general.name": "größer",
      "general.true": true,
      "a.count": { type: "uint32", value: 7 },
      "a.big": { type: "uint64", value: 2 ** 40 },
      "a.scores": { type: "float32", value: [0.5, -1] },
      "a.tokens": ["<s>", "▁a"],
    },
    tensors: [
      {
        name: "first",
        type: "F32",
        shape: [2, 3],
        content: () => [new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)],
      },
      { name: "second", type: "Q8_0", shape: [1, 32], content: () => [new Uint8Array(30), new Uint8Array(4)] },
    ],
  });
  return path;
}

test("what was written is read again", async () => {
  await withFolder(async (folder) => {
    const file = await openGguf(await writeSmall(folder));
    assert.equal(file.metadata["general.name"], "größer");
    assert.equal(file.metadata["general.true"], true);
    assert.equal(file.metadata["a.count"], 7);
    assert.equal(file.metadata["a.big"], 2 ** 40);
    assert.deepEqual(file.metadata["a.scores"], [0.5, -1]);
    assert.deepEqual(file.metadata["a.tokens"], ["<s>", "▁a"]);
    const first = file.tensors.get("first");
    assert.ok(first !== undefined);
    assert.deepEqual(first.shape, [2, 3]);
    const bytes = await file.read(first, 4, 8);
    assert.deepEqual([...new Float32Array(bytes.buffer)], [2, 3]);
    assert.throws(() => file.read(first, 20, 8), RangeError);
    assert.equal(file.tensors.get("second")?.bytes, 34);
    await file.close();
  });
});

test("content of the wrong size is refused when writing", async () => {
  await withFolder(async (folder) => {
    const tensors = [{ name: "x", type: "F32", shape: [2], content: () => [new Uint8Array(4)] }] as const;
    await assert.rejects(writeGguf(join(folder, "x.gguf"), { metadata: {}, tensors }), /"x".*has 4 bytes.*needs 8/);
  });
});

test("a file cut anywhere is refused", async () => {
  await withFolder(async (folder) => {
    const path = await writeSmall(folder);
    const whole = await readFile(path);
    // The last 30 bytes are padding.
    for (const length of [0, 3, 20, 100, 250, whole.length - 31]) {
      await writeFile(path, whole);
      await truncate(path, length);
      await assert.rejects(openGguf(path), (error) => error instanceof ModelFileError && /damaged/.test(error.message));
    }
  });
});

test("a missing file and a folder are refused with their path", async () => {
  await withFolder(async (folder) => {
    await assert.rejects(openGguf(join(folder, "none.gguf")), /none\.gguf": it cannot be opened/);
  });
});

function header(...words: readonly (number | bigint)[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 8);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const word of words) {
    if (typeof word === "bigint") view.setBigUint64(at, word, true);
    else view.setUint32(at, word, true);
    at += typeof word === "bigint" ? 8 : 4;
  }
  return bytes.subarray(0, at);
}

const magic = 0x46554747;

test("absurd counts and sizes are refused at once", () => {
  const cases: readonly [Uint8Array, RegExp][] = [
    [header(1, 3, 0n, 0n), /not a GGUF file/],
    [header(magic, 9, 0n, 0n), /version 9/],
    [header(magic, 3, 2n ** 63n, 0n), /tensors; at most/],
    [header(magic, 3, 0n, 60_000n), /more than a file of \d+ bytes can hold/],
    [header(magic, 3, 0n, 1n, 2n ** 62n, 0n), /bytes of a metadata key/],
    // One key "" that is an array of 2^32 numbers, then one that is an array of arrays.
    [header(magic, 3, 0n, 1n, 0n, 9, 4, 2n ** 32n, 0n), /elements of ""; at most/],
    [header(magic, 3, 0n, 1n, 0n, 9, 9, 1n, 0n), /array of arrays/],
    [header(magic, 3, 0n, 1n, 0n, 77, 0n), /unknown type 77/],
    // One tensor "": axes, sizes, type, offset.
    [header(magic, 3, 1n, 0n, 0n, 9, 0n, 0n), /9 axes/],
    [header(magic, 3, 1n, 0n, 0n, 2, 2n ** 40n, 2n ** 40n, 0, 0n), /impossible shape/],
    [header(magic, 3, 1n, 0n, 0n, 1, 33n, 2, 0n), /blocks of 32/],
    [header(magic, 3, 1n, 0n, 0n, 1, 1000n, 0, 0n), /would end at byte/],
    [header(magic, 3, 1n, 0n, 0n, 1, 1n, 0, 8n), /not at a multiple of 32/],
    [header(magic, 3, 1n, 0n, 0n, 1, 1n, 0, 2n ** 63n), /would end|multiple/],
  ];
  for (const [bytes, message] of cases) {
    assert.throws(
      () => parseGgufHeader(bytes, bytes.length),
      (error) => error instanceof HeaderInvalid && message.test(error.message),
      message.source,
    );
  }
});

test("noise never gives anything but a header or one of its two errors", async () => {
  await withFolder(async (folder) => {
    const whole = await readFile(await writeSmall(folder));
    const place = fc.integer({ min: 8, max: whole.length - 1 });
    fc.assert(fc.property(fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { maxLength: 6 }), (changes) => {
      const bytes = Uint8Array.from(whole);
      for (const [at, byte] of changes) bytes[at] = byte;
      try {
        const { tensors } = parseGgufHeader(bytes, bytes.length);
        for (const { start, bytes: size } of tensors.values()) assert.ok(start + size <= bytes.length);
      } catch (error) {
        assert.ok(error instanceof HeaderInvalid || error instanceof HeaderIncomplete, String(error));
      }
    }));
  });
});
