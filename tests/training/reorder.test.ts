import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { type Order, reorder } from "../../training/elastic/reorder.ts";
import { referenceLogits } from "../models/reference-transformer.ts";
import { syntheticModel } from "../models/synthetic-model.ts";

const layers = 2;
const kvHeads = 4;
const feedForward = 96;
const ids = [5, 90, 17, 5, 250, 3];
const permutation = (length: number) => fc.shuffledSubarray(Array.from({ length }, (_, i) => i), { minLength: length });
const orders = fc.record({
  groups: fc.array(permutation(kvHeads), { minLength: layers, maxLength: layers }),
  neurons: fc.array(permutation(feedForward), { minLength: layers, maxLength: layers }),
});
const identity = (length: number) => Array.from({ length }, (_, i) => i);

test("a whole model of groups and neurons in any order gives what it gave, with biases and norms of heads too", () => {
  for (const family of ["llama", "qwen2", "qwen3"] as const) {
    const model = syntheticModel(family, { layers, heads: 8, kvHeads, headSize: 8, feedForward });
    const wanted = referenceLogits(model, ids);
    fc.assert(
      fc.property(orders, (order) => {
        const found = referenceLogits({ ...model, weights: reorder(model.weights, order) }, ids);
        for (const [position, row] of found.entries()) {
          const most = Math.max(...row.map((value, i) => Math.abs(value - (wanted[position]?.[i] ?? NaN))));
          // Sums in another order differ in the last digits of double precision.
          assert.ok(most < 1e-10, `${family}, position ${position}: ${most}`);
        }
      }),
      { numRuns: 5 },
    );
  }
});

test("the first place of an order is what comes first, whole with its queries", () => {
  const { weights } = syntheticModel("llama", { layers: 1, heads: 8, kvHeads, headSize: 8, feedForward });
  const order: Order = { groups: [[2, 0, 1, 3]], neurons: [[95, ...identity(95)]] };
  const after = reorder(weights, order);
  const rows = (from: typeof after, name: string, start: number, end: number) => {
    const { shape: [, columns = 0], values } = from[`model.layers.0.${name}.weight`] ??
      { shape: [], values: new Float32Array() };
    return values.subarray(start * columns, end * columns);
  };
  assert.deepEqual(rows(after, "self_attn.q_proj", 0, 16), rows(weights, "self_attn.q_proj", 32, 48));
  assert.deepEqual(rows(after, "self_attn.k_proj", 0, 8), rows(weights, "self_attn.k_proj", 16, 24));
  assert.deepEqual(rows(after, "mlp.up_proj", 0, 1), rows(weights, "mlp.up_proj", 95, 96));
  assert.equal(rows(after, "mlp.down_proj", 0, 1)[0], rows(weights, "mlp.down_proj", 0, 1)[95]);
  assert.equal(after["model.norm.weight"], weights["model.norm.weight"]);
});

test("an order that names a place twice, or does not divide a layer, is refused", () => {
  const { weights } = syntheticModel("llama", { layers: 1, kvHeads: 2 });
  const neurons = [identity(feedForward)];
  assert.throws(() => reorder(weights, { groups: [[0, 0]], neurons }), RangeError);
  assert.throws(() => reorder(weights, { groups: [identity(5)], neurons }), RangeError);
  assert.throws(() => reorder(weights, { groups: [[0, 1]], neurons: [] }), RangeError);
});
