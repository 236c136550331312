import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { batchRows } from "../../models/compute/batches.ts";
import { cutChunks } from "../../models/compute/chunks.ts";
import type { Attention, StepRow } from "../../models/compute/messages.ts";

const row = (slot: number, count: number, attention: Attention = count === 1 ? "single" : "chunk"): StepRow => {
  return { slot, position: 10 * slot, count, attention, output: "none" };
};
/** Batches as slot, tokens of a part, and the rows of the parts. */
const shapes = (rows: readonly StepRow[]) => {
  return batchRows(rows).map(({ slot, count, parts }) => [slot, count, parts.map(({ row }) => row)]);
};

test("decode rows of neighbouring slots share a batch, whatever order they come in", () => {
  assert.deepEqual(shapes([row(2, 1), row(0, 1), row(1, 1)]), [[0, 1, [1, 2, 0]]]);
});

test("a gap between slots, and a prefill row, begin a batch of their own", () => {
  assert.deepEqual(shapes([row(0, 1), row(2, 1), row(3, 4), row(4, 1)]), [
    [0, 1, [0]],
    [2, 1, [1]],
    [3, 4, [2]],
    [4, 1, [3]],
  ]);
});

test("no pass has more than 128 rows", () => {
  const batches = shapes(Array.from({ length: 200 }, (_, slot) => row(slot, 1)));
  assert.deepEqual(batches.map(([slot, , rows]) => [slot, (rows as number[]).length]), [[0, 128], [128, 72]]);
});

test("every token of a step is in one part, in order, and no token of a chunk is alone", () => {
  const anyRow = fc.record({ count: fc.integer({ min: 1, max: 700 }), single: fc.boolean() });
  fc.assert(fc.property(fc.array(anyRow, { maxLength: 6 }), (drawn) => {
    const rows = drawn.map(({ count, single }, slot) => row(slot, count, single || count === 1 ? "single" : "chunk"));
    const batches = batchRows(rows);
    let offset = 0;
    for (const [index, { position, count }] of rows.entries()) {
      let from = 0;
      for (const { parts, ...batch } of batches) {
        const own = parts.filter((part) => part.row === index);
        assert.ok(own.length <= 1);
        for (const part of own) {
          assert.deepEqual(part, { row: index, from, offset: offset + from, position: position + from });
          from += batch.count;
        }
      }
      assert.equal(from, count);
      offset += count;
    }
    for (const { attention, count, parts } of batches) {
      assert.ok(count <= 128 && (count === 1 || parts.length === 1));
      assert.ok(attention === "single" || count >= 2);
    }
  }));
});

test("a prompt is cut into pieces of which none is a single token", () => {
  fc.assert(fc.property(fc.integer({ min: 2, max: 2000 }), fc.integer({ min: 3, max: 200 }), (count, size) => {
    const pieces = cutChunks(count, size);
    assert.equal(pieces.reduce((sum, piece) => sum + piece, 0), count);
    assert.ok(pieces.every((piece) => piece >= 2 && piece <= size));
    assert.ok(pieces.length <= Math.ceil(count / (size - 1)) + 1);
  }));
  assert.deepEqual(cutChunks(257, 128), [128, 127, 2]);
});
