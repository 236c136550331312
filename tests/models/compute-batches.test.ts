import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Batching, batchRows } from "../../models/compute/batches.ts";
import { cutChunks } from "../../models/compute/chunks.ts";
import type { Attention, StepRow } from "../../models/compute/messages.ts";

const row = (slot: number, count: number, attention: Attention = count === 1 ? "single" : "chunk"): StepRow => {
  return { slot, position: 10 * slot, count, attention, output: "none" };
};
const agreeing: Batching = { rowsAgree: true, divisible: true, spare: (slot) => slot < 0 ? undefined : 5 };
const full: Batching = { ...agreeing, spare: () => undefined };
/** Batches as slot, tokens of a part, and the rows of the parts. */
const shapes = (rows: readonly StepRow[], batching = full) => {
  return batchRows(rows, batching).map(({ slot, count, parts }) => [slot, count, parts.map(({ row }) => row)]);
};

test("decode rows of neighbouring slots share a batch, whatever order they come in", () => {
  assert.deepEqual(shapes([row(2, 1), row(0, 1), row(1, 1)]), [[0, 1, [1, 2, 0]]]);
});

test("a gap between slots that cannot be filled, and a prefill row, begin a batch of their own", () => {
  assert.deepEqual(shapes([row(0, 1), row(2, 1), row(3, 4), row(4, 1)]), [
    [0, 1, [0]],
    [2, 1, [1]],
    [3, 4, [2]],
    [4, 1, [3]],
  ]);
});

test("gaps that cost less than another reading of the weights are run along where nobody reads", () => {
  const gaps = [row(0, 1), row(2, 1), row(5, 1), row(9, 1)];
  assert.deepEqual(shapes(gaps, agreeing), [[0, 1, [0, 1, 2]], [9, 1, [3]]]);
  assert.deepEqual(batchRows(gaps, agreeing)[0]?.ends, [0, 5, 20, 5, 5, 50]);
  assert.equal(shapes(gaps, { ...agreeing, rowsAgree: false }).length, 4);
});

test("a row that shares is never alone where rows do not agree, nor in one batch with a row that does not share", () => {
  const disagreeing = { ...agreeing, rowsAgree: false };
  const shares = (slot: number, count = 1) => ({ ...row(slot, count, "single"), shared: true });
  const sizes = (rows: readonly StepRow[], batching: Batching = disagreeing) => {
    return batchRows(rows, batching).map(({ slot, size, shared, parts }) => [slot, size, shared, parts.length]);
  };
  assert.deepEqual(sizes([shares(3)]), [[3, 2, true, 1]]);
  assert.deepEqual(sizes([shares(3)], agreeing), [[3, 1, false, 1]]);
  assert.deepEqual(sizes([shares(3)], { ...disagreeing, spare: (slot) => slot < 3 ? 5 : undefined }), [[
    2,
    2,
    true,
    1,
  ]]);
  assert.deepEqual(sizes([shares(1), row(2, 1), shares(3), row(4, 1)]), [
    [1, 3, true, 2],
    [2, 1, false, 1],
    [4, 1, false, 1],
  ]);
  assert.deepEqual(sizes([shares(1, 3)]), [[1, 1, true, 1]]);
  assert.deepEqual(sizes([shares(1, 2)], { ...disagreeing, divisible: false }), [[1, 2, true, 1], [1, 2, true, 1]]);
});

test("no pass has more than 128 rows", () => {
  const batches = shapes(Array.from({ length: 200 }, (_, slot) => row(slot, 1)));
  assert.deepEqual(batches.map(([slot, , rows]) => [slot, (rows as number[]).length]), [[0, 128], [128, 72]]);
});

test("every token of a step is in one part, in order, and no token of a chunk is alone", () => {
  const anyRow = fc.record({ count: fc.integer({ min: 1, max: 700 }), single: fc.boolean(), shared: fc.boolean() });
  const drawing = fc.record({ rowsAgree: fc.boolean(), divisible: fc.boolean(), full: fc.boolean() });
  fc.assert(fc.property(fc.array(anyRow, { maxLength: 6 }), drawing, (drawn, { rowsAgree, divisible, full }) => {
    const rows = drawn.map(({ count, single, shared }, slot) => {
      return { ...row(2 * slot, count, single || count === 1 ? "single" : "chunk"), shared };
    });
    const batches = batchRows(rows, { rowsAgree, divisible, spare: () => full ? undefined : 3 });
    let offset = 0;
    for (const [index, { position, count }] of rows.entries()) {
      let from = 0;
      for (const { parts, ...batch } of batches) {
        const own = parts.filter((part) => part.row === index);
        assert.ok(own.length <= 1);
        for (const part of own) {
          const place = (rows[index]?.slot ?? 0) - batch.slot;
          assert.deepEqual(part, { row: index, from, offset: offset + from, position: position + from, place });
          assert.equal(batch.ends[place], position + from + batch.count - 1);
          from += batch.count;
        }
      }
      assert.equal(from, count);
      offset += count;
    }
    for (const { attention, count, parts, size, ends, shared } of batches) {
      assert.ok(count * size <= 128 && (count === 1 || parts.length === 1));
      assert.equal(ends.length, size);
      assert.ok(full || !shared || size * count > 1);
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
