import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import fc from "fast-check";
import { repackQ4K } from "../../models/compile/repack-q4k.ts";
import { openKernels } from "../../models/compute/ort/kernels.ts";
import { dequantize, typedBytes } from "../../models/formats/mod.ts";
import { createGraph, type GraphBuilder } from "../../models/onnx/graph.ts";
import { addLinear, blockLayout, type Linear } from "../../models/onnx/linear.ts";
import { addBlockMeans, offsetColumns, offsetParts } from "../../models/onnx/offset-blocks.ts";
import { isRowInvariant } from "./row-invariance.ts";
import { withFolder } from "./temporary.ts";

/** Widths whose offsets fill their blocks, or leave one partly empty. */
const widths = [256, 1024, 1280, 2048];

const linearOf = (rows: number, columns: number): Linear => ({
  rows,
  columns,
  storage: { kind: "offset-blocks" },
  bias: false,
});

/** Blocks of any bytes; the scales are powers of 2, since half of all float16 numbers are of no use as one. */
function q4k(rows: number, columns: number): fc.Arbitrary<Uint8Array> {
  const size = typedBytes("Q4_K", rows * columns);
  const exponent = fc.integer({ min: 1, max: 25 }); // 2^-14 to 2^10
  const blocks = fc.array(fc.tuple(exponent, exponent), { minLength: size / 144, maxLength: size / 144 });
  return fc.tuple(fc.uint8Array({ minLength: size, maxLength: size }), blocks).map(([bytes, exponents]) => {
    exponents.forEach(([scale, minimum], i) => {
      [bytes[i * 144], bytes[i * 144 + 1]] = [0, scale << 2];
      [bytes[i * 144 + 2], bytes[i * 144 + 3]] = [0, minimum << 2];
    });
    return bytes;
  });
}

function repacked(bytes: Uint8Array, linear: Linear): { readonly packed: Uint8Array; readonly scales: Float32Array } {
  const stored = linear.rows * (blockLayout(linear)?.columns ?? 0);
  const packed = new Uint8Array(stored / 2);
  const scales = new Float32Array(stored / 32);
  repackQ4K(bytes, linear.columns, packed, scales);
  return { packed, scales };
}

/** What the kernels multiply each column with. */
function unpacked(packed: Uint8Array, scales: Float32Array): Float64Array {
  return Float64Array.from({ length: packed.length * 2 }, (_, i) => {
    const level = (((packed[i >> 1] ?? 0) >> (4 * (i & 1))) & 15) - 8;
    return level * (scales[Math.floor(i / 32)] ?? NaN);
  });
}

/** The offset of each group of a stored row: its parts together. */
function offsetsOf(stored: Float64Array, columns: number): Float64Array {
  const padded = offsetColumns(columns) / offsetParts;
  return Float64Array.from({ length: padded }, (_, group) => {
    let sum = 0;
    for (let part = 0; part < offsetParts; part++) sum += stored[columns + part * padded + group] ?? NaN;
    return sum / 32;
  });
}

test("a Q4_K weight is its integer, its scale and an offset kept within 1/3375 of its neighbours' largest", () => {
  const matrix = fc.constantFrom(...widths).chain((columns) => fc.tuple(fc.constant(columns), q4k(2, columns)));
  const property = fc.property(matrix, ([columns, bytes]) => {
    const { packed, scales } = repacked(bytes, linearOf(2, columns));
    const stored = columns + offsetColumns(columns);
    const found = unpacked(packed, scales);
    const weights = new Float32Array(2 * columns);
    dequantize("Q4_K", bytes, weights);
    for (let row = 0; row < 2; row++) {
      const own = found.subarray(row * stored, (row + 1) * stored);
      const kept = offsetsOf(own, columns);
      const wanted = weights.subarray(row * columns, (row + 1) * columns);
      const exact = Float64Array.from(wanted, (weight, i) => weight - (own[i] ?? NaN));
      for (let i = 0; i < columns; i++) {
        // All weights of a group have one offset: two of them are enough.
        if (i % 32 !== 0 && i % 32 !== 31) continue;
        const start = i - i % 1024;
        const largest = exact.subarray(start, start + 1024).reduce((most, one) => Math.max(most, Math.abs(one)), 0);
        const rounding = (Math.abs(wanted[i] ?? NaN) + Math.abs(own[i] ?? NaN)) * 1e-6;
        const error = Math.abs((kept[i >> 5] ?? NaN) - (exact[i] ?? NaN));
        assert.ok(error <= largest / 3370 + rounding, `off by ${error}, the largest being ${largest}`);
      }
    }
  });
  fc.assert(property, { numRuns: 30 });
});

test("what stands between the parts of the offsets weighs nothing", () => {
  const property = fc.property(q4k(1, 1280), (bytes) => {
    const { packed, scales } = repacked(bytes, linearOf(1, 1280));
    const padded = offsetColumns(1280) / offsetParts;
    unpacked(packed, scales).subarray(1280).forEach((weight, i) => {
      if (i % padded >= 40) assert.ok(weight === 0, `column ${1280 + i}`);
    });
  });
  fc.assert(property, { numRuns: 20 });
});

test("bytes of any kind are repacked, those of no number too", () => {
  const size = typedBytes("Q4_K", 512);
  fc.assert(fc.property(fc.uint8Array({ minLength: size, maxLength: size }), (bytes) => {
    repacked(bytes, linearOf(2, 256));
  }));
});

/** Runs a graph of one input [batch, sequence, columns] on `batches` times `rows` of it. */
async function run(
  build: (graph: GraphBuilder, input: string) => string,
  contents: Readonly<Record<string, ArrayBufferView>>,
  columns: { readonly from: number; readonly to: number },
  inputs: readonly { readonly values: Float32Array; readonly batch: number; readonly sequence: number }[],
): Promise<Float32Array[]> {
  const results: Float32Array[] = [];
  await withFolder(async (folder) => {
    const graph = createGraph("test");
    const output = build(graph, graph.input("input", "float32", ["batch", "sequence", columns.from]));
    graph.output(output, "float32", ["batch", "sequence", columns.to]);
    const finished = graph.finish();
    const weights = new Uint8Array(Math.max(1, finished.weightsBytes));
    for (const { name, offset } of finished.weights) {
      const content = contents[name] ?? assert.fail(name);
      weights.set(new Uint8Array(content.buffer, content.byteOffset, content.byteLength), offset);
    }
    await writeFile(join(folder, "weights"), weights);
    await writeFile(join(folder, "graph"), finished.encode("weights"));
    const kernels = openKernels({ threads: 1, spin: false });
    const loaded = await kernels.load(join(folder, "graph"));
    for (const { values, batch, sequence } of inputs) {
      const result = new Float32Array(batch * sequence * columns.to);
      const tensors = [
        kernels.tensor(values, [batch, sequence, columns.from]),
        kernels.tensor(result, [batch, sequence, columns.to]),
      ] as const;
      const binding = loaded.bind();
      binding.input("input", tensors[0]);
      binding.output(output, tensors[1]);
      await binding.run();
      binding.close();
      for (const tensor of tensors) tensor.close();
      results.push(result);
    }
    loaded.close();
    kernels.close();
  });
  return results;
}

/**
 * A row that the kernels' rounding to 8 bits leaves alone: whole numbers up to 127, which each block of 32 has, as
 * do the blocks' means.
 */
function wholeNumbers(columns: number, random: () => number): Float32Array {
  const row = new Float32Array(columns);
  for (let start = 0; start < columns; start += 32) {
    if (start % 1024 === 0) {
      row.fill(127, start, start + 32);
      continue;
    }
    for (let i = start; i < start + 31; i++) row[i] = Math.round(60 * (random() - 0.5));
    row[start] = 127;
    const sum = row.subarray(start, start + 31).reduce((total, value) => total + value, 0);
    row[start + 31] = 32 * Math.round(sum / 32) - sum;
  }
  return row;
}

for (const columns of widths) {
  test(`a product with ${columns} Q4_K columns is the plain one with the weights as floats`, async () => {
    const linear = linearOf(48, columns);
    const [bytes = new Uint8Array()] = fc.sample(q4k(48, columns), { numRuns: 1, seed: 5 });
    // Scales alike, as real matrices have them, or the largest offset would say little of the others.
    for (let at = 0; at < bytes.length; at += 144) [bytes[at + 1], bytes[at + 3]] = [0x18, 0x18];
    const { packed, scales } = repacked(bytes, linear);
    const weights = new Float32Array(48 * columns);
    dequantize("Q4_K", bytes, weights);
    let seed = 3;
    const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    const row = wholeNumbers(columns, random);
    const build = (graph: GraphBuilder, input: string) => addLinear(graph, "product", input, linear);
    const contents = { "product.weight": packed, "product.scale": scales };
    const inputs = [{ values: row, batch: 1, sequence: 1 }];
    const [found = new Float32Array()] = await run(build, contents, { from: columns, to: 48 }, inputs);
    const stored = columns + offsetColumns(columns);
    const columnsOf = unpacked(packed, scales);
    for (let at = 0; at < 48; at++) {
      const own = weights.subarray(at * columns, (at + 1) * columns);
      const exact = own.reduce((sum, weight, i) => sum + weight * (row[i] ?? NaN), 0);
      const size = own.reduce((sum, weight, i) => sum + Math.abs(weight * (row[i] ?? NaN)), 0);
      const offsets = offsetsOf(columnsOf.subarray(at * stored, (at + 1) * stored), columns).map(Math.abs);
      const bound = (Math.max(...offsets) * row.reduce((sum, value) => sum + Math.abs(value), 0)) / 3370 + size * 1e-5;
      assert.ok(Math.abs((found[at] ?? NaN) - exact) < bound, `row ${at}: ${found[at]} for ${exact}, within ${bound}`);
    }
  });
}

test("block means are those of each row, with the same bits in any batch and chunk", async () => {
  for (const columns of widths) {
    const width = columns + offsetColumns(columns);
    const values = Float32Array.from({ length: 12 * columns }, (_, i) => Math.sin(i * i) * 3);
    const build = (graph: GraphBuilder, input: string) => addBlockMeans(graph, input, columns);
    const alone = Array.from({ length: 12 }, (_, row) => {
      return { values: values.slice(row * columns, (row + 1) * columns), batch: 1, sequence: 1 };
    });
    const shapes = [[12, 1], [1, 12], [3, 4]].map(([batch = 1, sequence = 1]) => ({ values, batch, sequence }));
    const results = await run(build, {}, { from: columns, to: width }, [...shapes, ...alone]);
    const rows = Float32Array.from(results.slice(3).flatMap((row) => [...row]));
    for (const together of results.slice(0, 3)) assert.deepEqual(together, rows);
    for (let group = 0; group < columns / 32; group++) {
      const mean = values.subarray(group * 32, group * 32 + 32).reduce((sum, value) => sum + value, 0) / 32;
      assert.ok(Math.abs((rows[columns + group] ?? NaN) - mean) < 1e-6);
      for (let part = 1; part < offsetParts; part++) {
        assert.equal(rows[columns + part * (offsetColumns(columns) / offsetParts) + group], rows[columns + group]);
      }
    }
  }
});

test("a Q4_K product gives a row the same bits alone and among others, where plain 4-bit blocks do", async (t) => {
  if (!(await isRowInvariant())) return t.skip("this processor's kernels differ for one row and several");
  const [columns, rows] = [1280, 48];
  const linear = linearOf(rows, columns);
  const [bytes = new Uint8Array()] = fc.sample(q4k(rows, columns), { numRuns: 1, seed: 9 });
  const { packed, scales } = repacked(bytes, linear);
  const values = Float32Array.from({ length: 5 * columns }, (_, i) => Math.sin(i * i));
  const inputs = [
    { values, batch: 5, sequence: 1 },
    { values, batch: 1, sequence: 5 },
    ...Array.from({ length: 5 }, (_, row) => {
      return { values: values.slice(row * columns, (row + 1) * columns), batch: 1, sequence: 1 };
    }),
  ];
  const build = (graph: GraphBuilder, input: string) => addLinear(graph, "product", input, linear);
  const contents = { "product.weight": packed, "product.scale": scales };
  const [batch, chunk, ...alone] = await run(build, contents, { from: columns, to: rows }, inputs);
  const expected = Float32Array.from(alone.flatMap((row) => [...row]));
  assert.deepEqual(batch, expected);
  assert.deepEqual(chunk, expected);
});

test("products that share an input share its block means", () => {
  const graph = createGraph("test");
  const input = graph.input("input", "float32", ["batch", "sequence", 256]);
  assert.equal(addBlockMeans(graph, input, 256), addBlockMeans(graph, input, 256));
});
