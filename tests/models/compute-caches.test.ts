/** The room of KV caches by itself. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import fc from "fast-check";
import { Caches, type CacheShape } from "../../models/compute/caches.ts";
import type { Kernels } from "../../models/compute/kernels.ts";
import { syntheticModel } from "./synthetic-model.ts";

const { kvHeads, headSize } = syntheticModel("qwen3").architecture;

function caches(shape: Omit<CacheShape, "headSize">): Caches {
  // Tensors are not asked for here.
  return new Caches({} as Kernels, { ...shape, headSize });
}

/** Layers of an elastic model have fewer heads at a low level, but for its anchors; large ones have them slice by slice. */
const shapes = fc.record({
  heads: fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }), {
    minLength: 1,
    maxLength: 3,
  }),
  slots: fc.integer({ min: 1, max: 3 }),
  context: fc.integer({ min: 1, max: 9 }),
});

test("what is written is read, in pieces of any size, and nothing beside it changes", () => {
  const piece = fc.tuple(fc.nat({ max: 8 }), fc.nat({ max: 9 }));
  fc.assert(fc.property(shapes, fc.nat(), fc.nat(), piece, (shape, someLayer, someSlot, [start, length]) => {
    const room = caches(shape);
    const [layer, slot] = [someLayer % shape.heads.length, someSlot % shape.slots];
    const from = Math.min(start, shape.context);
    const to = Math.min(from + length, shape.context);
    const before = Float32Array.from({ length: room.elements(layer, 0, shape.context) }, (_, at) => at + 1);
    for (let other = 0; other < shape.slots; other++) room.write(layer, other, 0, before);
    const data = Float32Array.from({ length: room.elements(layer, from, to) }, (_, at) => -at - 1);
    room.write(layer, slot, from, data);
    assert.deepEqual(room.read(layer, slot, from, to), data);
    const whole = room.read(layer, slot, 0, shape.context);
    assert.equal(whole.filter((value) => value < 0).length, data.length);
    for (let other = 0; other < shape.slots; other++) {
      if (other !== slot) assert.deepEqual(room.read(layer, other, 0, shape.context), before);
    }
    room.write(layer, slot, 0, whole);
    assert.deepEqual(
      room.read(layer, slot, 0, shape.context),
      whole,
      "what was read and is written back changes nothing",
    );
  }));
});

test("all layers are read and written at once as they are one after another", () => {
  fc.assert(fc.property(shapes, fc.nat({ max: 9 }), (shape, some) => {
    const room = caches(shape);
    const from = Math.min(some, shape.context);
    const data = Float32Array.from({ length: room.elements("all", from, shape.context) }, (_, at) => at + 1);
    room.write("all", 0, from, data);
    assert.deepEqual(room.read("all", 0, from, shape.context), data);
    const parts = shape.heads.map((_, layer) => [...room.read(layer, 0, from, shape.context)]);
    assert.deepEqual(parts.flat(), [...data]);
  }));
});

test("a copied prefix is the same in every layer, and what comes after it stays", () => {
  fc.assert(fc.property(shapes, fc.nat({ max: 9 }), (shape, some) => {
    const room = caches({ ...shape, slots: 2 });
    const upTo = Math.min(some, shape.context);
    for (const layer of shape.heads.keys()) {
      const data = Float32Array.from({ length: room.elements(layer, 0, shape.context) }, (_, at) => at + layer);
      room.write(layer, 0, 0, data);
    }
    room.copy(0, 1, upTo);
    for (const layer of shape.heads.keys()) {
      assert.deepEqual(room.read(layer, 1, 0, upTo), room.read(layer, 0, 0, upTo));
      assert.ok(room.read(layer, 1, upTo, shape.context).every((value) => value === 0));
    }
  }));
});

test("positions outside the room are refused", () => {
  const room = caches({ heads: [[2]], slots: 2, context: 4 });
  for (
    const [layer, slot, from, to] of [[1, 0, 0, 1], [0, 2, 0, 1], [0, -1, 0, 1], [0, 0, 2, 1], [0, 0, 0, 5]] as const
  ) {
    assert.throws(() => room.read(layer, slot, from, to), RangeError);
  }
  assert.throws(() => room.write(0, 0, 4, new Float32Array(room.elements(0, 0, 1))), RangeError);
  assert.throws(() => room.write(0, 0, 0, new Float32Array(1)), RangeError);
});

test("positions that nothing was written to cost no memory, and closing gives back at once what the others took", () => {
  const megabytes = () => process.memoryUsage().rss / 2 ** 20;
  const context = Math.ceil(2 ** 26 / (2 * 4 * kvHeads * headSize));
  const before = megabytes();
  // 128 MB of address space, of which one slot is written.
  const room = caches({ heads: [[kvHeads]], slots: 2, context });
  assert.ok(megabytes() - before < 16, `${megabytes() - before} MB for caches that are empty`);
  const data = new Float32Array(room.elements(0, 0, context)).fill(1);
  room.write(0, 0, 0, data);
  const filled = megabytes();
  room.close();
  const left = megabytes();
  assert.ok(filled - left > 48, `${filled - left} MB given back of 64`);
  assert.equal(data[0], 1, "the collector has not taken these 64 MB meanwhile");
});
