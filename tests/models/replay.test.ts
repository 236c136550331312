/** Layers that can be taken apart: a run of an answer's tokens has the bits of one token after another, and so has a whole. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { Batch } from "../../models/compute/batches.ts";
import type { Kernels } from "../../models/compute/kernels.ts";
import { layerStage } from "../../models/compute/layer-stage.ts";
import { LayerSurroundings } from "../../models/compute/layer-surroundings.ts";
import { openKernels } from "../../models/compute/ort/kernels.ts";
import type { Stage } from "../../models/compute/stage.ts";
import { Caches } from "../../models/compute/caches.ts";
import { Positions } from "../../models/compute/positions.ts";
import { HiddenStates } from "../../models/compute/states.ts";
import { type Graph, layerGraph, type LayerLinears, type Linear, type Storage } from "../../models/onnx/mod.ts";
import { syntheticModel } from "./synthetic-model.ts";
import { withFolder } from "./temporary.ts";

const CONTEXT = 80;
const SLOTS = 3;
const sizes = { width: 128, heads: 4, kvHeads: 2, headSize: 32, feedForward: 160 };

/** A layer's projections, those of its attention as one matrix or apart. */
function linearsOf(storage: Storage, packed: boolean): LayerLinears {
  const { width, heads, kvHeads, headSize, feedForward } = sizes;
  const linear = (rows: number, columns: number): Linear => ({ rows, columns, storage, bias: false });
  const [queries, keys] = [heads * headSize, kvHeads * headSize];
  return {
    attention: packed
      ? { packed: linear(queries + 2 * keys, width) }
      : { query: linear(queries, width), key: linear(keys, width), value: linear(keys, width) },
    attentionOutput: linear(width, queries),
    feedForward: packed
      ? { packed: linear(2 * feedForward, width) }
      : { gate: linear(feedForward, width), up: linear(feedForward, width) },
    down: linear(width, feedForward),
  };
}

/** The bytes of a graph's weights, which depend on their names and on nothing else. */
function weightsOf({ weights, weightsBytes }: Graph): Uint8Array {
  const bytes = new Uint8Array(weightsBytes);
  for (const { name, type, offset, bytes: length } of weights) {
    let seed = [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) >>> 0;
    const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    const floats = () =>
      name.endsWith(".scale") ? 0.02 * random() : name.endsWith("norm") ? 1 + random() : random() - 0.5;
    if (type === "uint8") bytes.set(Uint8Array.from({ length }, () => 256 * random()), offset);
    else bytes.set(new Uint8Array(Float32Array.from({ length: length / 4 }, floats).buffer), offset);
  }
  return bytes;
}

/** One layer with caches of its own. */
async function openLayer(kernels: Kernels, path: string, graph: Graph, family: "llama" | "qwen3") {
  await writeFile(`${path}.weights`, weightsOf(graph));
  await writeFile(path, graph.encode(`${path.split("/").at(-1)}.weights`));
  const { architecture } = syntheticModel(family, { ...sizes, layers: 1 });
  const shape = { context: CONTEXT, slots: SLOTS };
  const caches = new Caches(kernels, { ...shape, heads: [[architecture.kvHeads]], headSize: architecture.headSize });
  const positions = new Positions(kernels, architecture, shape);
  const surroundings = new LayerSurroundings(kernels, architecture, { caches, positions });
  const loaded = await kernels.load(path);
  const lease = { graph: loaded, structure: path, release: () => Promise.resolve(loaded.close()) };
  const stage = await layerStage(lease, 0, surroundings);
  const states = new HiddenStates(kernels, sizes.width);
  return {
    run: (given: Float32Array, batch: Batch) => runStage(stage, states, given, batch),
    cache: (slot: number, to: number) => caches.read(0, slot, 0, to),
    async close() {
      states.close();
      await stage.close();
      surroundings.close();
      positions.close();
      caches.close();
    },
  };
}

async function runStage(stage: Stage, states: HiddenStates, given: Float32Array, batch: Batch): Promise<Float32Array> {
  states.begin(batch.size, batch.count);
  states.values.set(given);
  const step = { segment: 0, rows: [], tokens: new Int32Array(0) };
  await stage.run({ step, batch, states, result: { tokens: [], ratings: [], logits: [] } });
  return states.values.slice();
}

const batch = (slot: number, position: number, count: number, attention: Batch["attention"]): Batch => {
  const parts = [{ row: 0, from: 0, offset: 0, position, place: 0 }];
  return { slot, size: 1, count, attention, shared: false, parts, ends: [position + count - 1] };
};

/** A token that shares, with a row of no meaning behind it. */
const pair = (position: number): Batch => {
  return { ...batch(0, position, 1, "single"), size: 2, shared: true, ends: [position, 0] };
};

/** Hidden states of the tokens at so many positions. */
function statesOf(from: number, count: number, seed: number): Float32Array {
  const first = from * sizes.width;
  return Float32Array.from({ length: count * sizes.width }, (_, at) => Math.sin((first + at) * seed));
}

const forms = {
  "float32, one matrix": [{ kind: "float32" }, true, "llama"],
  "float32, three matrices": [{ kind: "float32" }, false, "llama"],
  "8 bits, one matrix": [{ kind: "blocks", bits: 8, blockSize: 32 }, true, "llama"],
  "8 bits, norms of heads": [{ kind: "blocks", bits: 8, blockSize: 32 }, true, "qwen3"],
  "4 bits, norms of heads, three matrices": [{ kind: "blocks", bits: 4, blockSize: 32 }, false, "qwen3"],
} as const satisfies Readonly<Record<string, readonly [Storage, boolean, "llama" | "qwen3"]>>;

for (const [name, [storage, packed, family]] of Object.entries(forms)) {
  test(`a layer that is taken apart leaves the bits that it leaves as a whole (${name})`, async () => {
    await withFolder(async (folder) => {
      const kernels = openKernels({ threads: 1, spin: false });
      const { architecture } = syntheticModel(family, { ...sizes, layers: 1 });
      const [whole, apart] = await Promise.all([false, true].map((divisible) => {
        const graph = layerGraph(architecture, linearsOf(storage, packed), { divisible });
        return openLayer(kernels, join(folder, `layer-${divisible}`), graph, family);
      }));
      assert.ok(whole && apart);
      const cases = fc.record({
        prompt: fc.integer({ min: 2, max: 30 }),
        runs: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
        slot: fc.nat(SLOTS - 1),
        seed: fc.integer({ min: 1, max: 1000 }),
      });
      await fc.assert(
        fc.asyncProperty(cases, async ({ prompt, runs, slot, seed }) => {
          const hidden = (from: number, count: number) => statesOf(from, count, seed);
          for (const layer of [whole, apart]) await layer.run(hidden(0, prompt), batch(slot, 0, prompt, "chunk"));
          let position = prompt;
          for (const count of runs) {
            const together: Float32Array = await apart.run(
              hidden(position, count),
              batch(slot, position, count, "single"),
            );
            for (let token = 0; token < count; token++) {
              const alone: Float32Array = await whole.run(
                hidden(position + token, 1),
                batch(slot, position + token, 1, "single"),
              );
              assert.deepEqual(together.subarray(token * sizes.width, (token + 1) * sizes.width), alone);
            }
            position += count;
          }
          assert.deepEqual(apart.cache(slot, position), whole.cache(slot, position));
        }),
        { numRuns: 15 },
      );
      for (const layer of [whole, apart]) await layer.close();
      kernels.close();
    });
  });
}

test("tokens that share leave in a layer that is taken apart the bits that each leaves beside another row", async () => {
  await withFolder(async (folder) => {
    const kernels = openKernels({ threads: 1, spin: false });
    const { architecture } = syntheticModel("llama", { ...sizes, layers: 1 });
    const graph = layerGraph(architecture, linearsOf(forms["4 bits, norms of heads, three matrices"][0], true), {
      divisible: true,
    });
    const [apart, beside] = await Promise.all(["apart", "beside"].map((name) => {
      return openLayer(kernels, join(folder, name), graph, "llama");
    }));
    assert.ok(apart && beside);
    for (const layer of [apart, beside]) await layer.run(statesOf(0, 5, 3), batch(0, 0, 5, "chunk"));
    const together = await apart.run(statesOf(5, 6, 3), { ...batch(0, 5, 6, "single"), shared: true });
    for (let token = 0; token < 6; token++) {
      const both = new Float32Array(2 * sizes.width);
      both.set(statesOf(5 + token, 1, 3));
      const [own, of] = [sizes.width * token, sizes.width * (token + 1)];
      assert.deepEqual((await beside.run(both, pair(5 + token))).subarray(0, sizes.width), together.subarray(own, of));
    }
    assert.deepEqual(apart.cache(0, 11), beside.cache(0, 11));
    for (const layer of [apart, beside]) await layer.close();
    kernels.close();
  });
});
