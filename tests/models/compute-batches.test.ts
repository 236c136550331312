import assert from "node:assert/strict";
import { test } from "node:test";
import { batchRows } from "../../models/compute/batches.ts";
import type { StepRow } from "../../models/compute/messages.ts";

const row = (slot: number, count: number): StepRow => ({ slot, position: 0, count, output: "none" });

test("decode rows of neighbouring slots share a batch, whatever order they come in", () => {
  assert.deepEqual(batchRows([row(2, 1), row(0, 1), row(1, 1)]), [{ slot: 0, count: 1, rows: [1, 2, 0] }]);
});

test("a gap between slots, and a prefill row, begin a batch of their own", () => {
  assert.deepEqual(batchRows([row(0, 1), row(2, 1), row(3, 4), row(4, 1)]), [
    { slot: 0, count: 1, rows: [0] },
    { slot: 2, count: 1, rows: [1] },
    { slot: 3, count: 4, rows: [2] },
    { slot: 4, count: 1, rows: [3] },
  ]);
});
