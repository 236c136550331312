/** Elastic models: what each level computes, and that levels keep out of each other's way. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { ModelFileError } from "../../models/formats/mod.ts";
import type { GgufValue } from "../../models/formats/mod.ts";
import type { Block } from "../../models/manifest.ts";
import { weightBlobs } from "../../models/manifest-blobs.ts";
import { ComputeError, type StepRow } from "../../models/compute/mod.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import { seededRandom } from "../../training/generator/mod.ts";
import { CONTEXT, openSegments, row, run, type Subject, withCompiled } from "./compute-subject.ts";
import { type SyntheticModel, syntheticModel, writeGgufModel } from "./synthetic-model.ts";

const SLICES = 3;
const SIZES = { layers: 3, width: 64, heads: 6, kvHeads: 3, headSize: 32, feedForward: 96 } as const;
/** Layers that are small, and such as count as large. */
const WAYS = [["", {}], [", slice by slice", { largeLayer: 1 }]] as const;
const VOCABULARY = 256;
const GREEDY = { sampling: { ...defaultSampling, temperature: 0 }, history: new Int32Array(0) };
const PROMPT = [9, 8, 7, 6, 5];

function metadata(slices: number, anchors: readonly number[]): Readonly<Record<string, GgufValue>> {
  return {
    "skein.elastic.slices": { type: "uint32", value: slices },
    "skein.elastic.anchors": { type: "int32", value: [...anchors] },
  };
}

/** An elastic model, compiled. */
async function withElastic(
  anchors: readonly number[],
  action: (subject: Subject) => Promise<void>,
  { quantized, family = "llama", slices = SLICES, ...more }: {
    readonly largeLayer?: number;
    readonly quantized?: RegExp;
    readonly family?: "llama" | "qwen2" | "qwen3";
    readonly slices?: number;
  } = {},
): Promise<void> {
  const options = { metadata: metadata(slices, anchors), ...quantized === undefined ? {} : { quantized } };
  await withCompiled((path) => writeGgufModel(`${path}.gguf`, syntheticModel(family, SIZES), options), action, more);
}

/** The model that has only the first heads and neurons of each layer but its anchors. */
function cutByHand(model: SyntheticModel, level: number): SyntheticModel {
  const { architecture, weights } = model;
  const { headSize, feedForward, heads, kvHeads } = architecture;
  const part = (whole: number) => whole * level / SLICES;
  const rows = (name: string): number | undefined => {
    if (/q_proj/.test(name)) return part(heads) * headSize;
    if (/[kv]_proj/.test(name)) return part(kvHeads) * headSize;
    return /gate_proj|up_proj/.test(name) ? part(feedForward) : undefined;
  };
  const columns = (name: string): number | undefined => {
    return /o_proj/.test(name) ? part(heads) * headSize : /down_proj/.test(name) ? part(feedForward) : undefined;
  };
  const cut = Object.entries(weights).map(([name, { shape: [all = 0, wide = 1], values, ...rest }]) => {
    const [keptRows, keptColumns] = [rows(name) ?? all, columns(name) ?? wide];
    const kept = Float32Array.from({ length: keptRows * keptColumns }, (_, at) => {
      return values[Math.floor(at / keptColumns) * wide + at % keptColumns] ?? 0;
    });
    const shape = weights[name]?.shape.length === 1 ? [keptRows] : [keptRows, keptColumns];
    return [name, { ...rest, shape, values: kept }] as const;
  });
  const sizes = { heads: part(heads), kvHeads: part(kvHeads), feedForward: part(feedForward) };
  return { ...model, architecture: { ...architecture, ...sizes }, weights: Object.fromEntries(cut) };
}

/** A row at a level. */
function at(level: number | undefined, one: StepRow): StepRow {
  return level === undefined ? one : { ...one, level };
}

/** Logits of a prompt, and of two tokens that follow. */
async function answer(subject: Subject, level?: number, slot = 0): Promise<(Float32Array | undefined)[]> {
  const segments = await openSegments(subject, []);
  const logits = [
    ...await run(segments, [at(level, row(slot, 0, PROMPT.length))], PROMPT),
    ...await run(segments, [at(level, row(slot, 5, 1))], [4]),
    ...await run(segments, [at(level, row(slot, 6, 1))], [3]),
  ];
  for (const segment of segments) await segment.close();
  return logits;
}

for (const family of ["llama", "qwen2", "qwen3"] as const) {
  for (const quantized of [undefined, /(attn_[qkv]|attn_output|ffn_(?:gate|up|down))\.weight/]) {
    const stored = quantized === undefined ? "float32" : "8 bits";
    test(`a level of a ${family} at ${stored} is, bit for bit, the model of its first slices`, async () => {
      const options = quantized === undefined ? { family } : { family, quantized };
      const levels: (Float32Array | undefined)[][] = [];
      await withElastic([], async (subject) => {
        for (let level = 1; level <= SLICES; level++) levels.push(await answer(subject, level));
        assert.deepEqual(await answer(subject), levels.at(-1), "who names no level runs all");
      }, options);
      for (const [index, logits] of levels.entries()) {
        const model = cutByHand(syntheticModel(family, SIZES), index + 1);
        await withCompiled((path) => writeGgufModel(`${path}.gguf`, model, options), async (subject) => {
          assert.deepEqual(logits, await answer(subject), `level ${index + 1}`);
        });
      }
    });
  }
}

for (const family of ["llama", "qwen2", "qwen3"] as const) {
  for (const quantized of [undefined, /(attn_[qkv]|attn_output|ffn_(?:gate|up|down))\.weight/]) {
    const stored = quantized === undefined ? "float32" : "8 bits";
    test(`a ${family} at ${stored} that runs slice by slice gives what whole layers give`, async () => {
      const options = quantized === undefined ? { family } : { family, quantized };
      // Sums are rounded elsewhere, and activations to 8 bits now and then the other way.
      const whole: (Float32Array | undefined)[][] = [];
      await withElastic([1], async (subject) => {
        for (let level = 1; level <= SLICES; level++) whole.push(await answer(subject, level));
      }, options);
      await withElastic([1], async (subject) => {
        const [, first, anchor] = subject.manifest.blocks;
        assert.ok(first !== undefined && "slices" in first && anchor !== undefined && "graph" in anchor);
        for (const [index, logits] of whole.entries()) {
          for (const [at, own] of (await answer(subject, index + 1)).entries()) {
            const expected = logits[at] ?? new Float32Array(0);
            const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
            const off = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (own?.[i] ?? NaN))), 0);
            assert.ok(
              off <= (quantized === undefined ? 1e-4 : 1e-2) * largest,
              `level ${index + 1}: ${off} of ${largest}`,
            );
          }
        }
      }, { ...options, largeLayer: 1 });
    });
  }
}

test("at full level 100 prompts are answered with the tokens of the model without slices, at float32", async () => {
  const greedy = async (largeLayer: number | undefined): Promise<number[][]> => {
    const answers: number[][] = [];
    await withElastic([1], async (subject) => {
      const [segment] = await openSegments(subject, []);
      assert.ok(segment);
      const random = seededRandom(7);
      for (let prompt = 0; prompt < 100; prompt++) {
        const ids = Array.from({ length: 2 + random.below(20) }, () => random.below(VOCABULARY));
        const drawn: number[] = [];
        let row: StepRow = { slot: 0, position: 0, count: ids.length, attention: "chunk", output: GREEDY };
        for (let tokens = ids; drawn.length < 16; tokens = [drawn.at(-1) ?? 0]) {
          const { tokens: [next] } = await segment.step({ rows: [row], tokens: Int32Array.from(tokens) });
          drawn.push(...next ?? []);
          row = { ...row, position: row.position + row.count, count: 1, attention: "single" };
        }
        answers.push(drawn);
      }
    }, largeLayer === undefined ? {} : { largeLayer });
    return answers;
  };
  assert.deepEqual(await greedy(1), await greedy(undefined));
});

test("one copy of a layer's slices serves every level", async () => {
  await withElastic([], ({ manifest }) => {
    const bytes = (block: Block) => weightBlobs(block).reduce((sum, blob) => sum + blob.bytes, 0);
    const [, sliced] = manifest.blocks;
    return withElastic([], ({ manifest: { blocks: [, whole] } }) => {
      assert.ok(sliced !== undefined && whole !== undefined && whole.kind === "layer" && "weights" in whole);
      assert.equal(sliced.multiplyAddsPerToken, whole.multiplyAddsPerToken);
      assert.ok(bytes(sliced) < 1.5 * whole.weights.bytes && bytes(whole) > 1.9 * whole.weights.bytes);
      return Promise.resolve();
    });
  }, { largeLayer: 1 });
});

test("a level is loaded when a step wants it: one that cannot be had fails that step, and none of other levels", async () => {
  await withElastic([], async (subject) => {
    const missing = new Set<string>();
    for (const block of subject.blocks) {
      if (block.kind === "layer" && "graph" in block) missing.add(block.levels?.[0]?.graph ?? "");
    }
    assert.equal(missing.size, SIZES.layers);
    for (const path of missing) await rm(path);
    const whole = await answer(subject);
    const segments = await openSegments(subject, [2]);
    await assert.rejects(run(segments, [at(1, row(0, 0, PROMPT.length))], PROMPT), ComputeError);
    await run(segments, [at(2, row(1, 0, PROMPT.length))], PROMPT);
    assert.deepEqual(await run(segments, [row(0, 0, PROMPT.length)], PROMPT), whole.slice(0, 1));
  });
});

test("anchors are whole at every level, and at full level the blocks are those of the model without slices", async () => {
  const graphs: string[][] = [];
  await withElastic([1], async ({ manifest }) => {
    assert.deepEqual(manifest.elastic, { slices: SLICES, anchors: [1] });
    assert.deepEqual(
      manifest.blocks.map((block) =>
        block.kind === "layer" && "graph" in block ? block.levels?.length ?? 0 : undefined
      ),
      [undefined, 2, 0, 2, undefined],
    );
    graphs.push(manifest.blocks.map((block) => "weights" in block ? block.weights.sha256 : ""));
  });
  const model = syntheticModel("llama", SIZES);
  await withCompiled((path) => writeGgufModel(`${path}.gguf`, model), ({ manifest }) => {
    assert.equal(manifest.elastic, undefined);
    graphs.push(manifest.blocks.map((block) => "weights" in block ? block.weights.sha256 : ""));
    return Promise.resolve();
  });
  assert.deepEqual(graphs[0], graphs[1]);
});

for (const [way, options] of WAYS) {
  test(`rows of several levels run in one step, and each gets what it gets alone${way}`, async () => {
    await withElastic([0], async (subject) => {
      const alone = await Promise.all([1, 2, undefined].map((level, slot) => answer(subject, level, slot)));
      const segments = await openSegments(subject, [2]);
      const rows = [1, 2, undefined].map((level, slot) => at(level, row(slot, 0, PROMPT.length)));
      const prompts = await run(segments, rows, [...PROMPT, ...PROMPT, ...PROMPT]);
      const first = await run(segments, [1, 2, undefined].map((level, slot) => at(level, row(slot, 5, 1))), [4, 4, 4]);
      const second = await run(segments, [1, 2, undefined].map((level, slot) => at(level, row(slot, 6, 1))), [3, 3, 3]);
      for (const slot of [0, 1, 2]) {
        assert.deepEqual([prompts[slot], first[slot], second[slot]], alone[slot], `slot ${slot}`);
      }
    }, options);
  });
}

for (const [way, options] of WAYS) {
  test(`what a slot holds is read, written and copied at its level, and a row of another level does not go on from it${way}`, async () => {
    await withElastic([1], async (subject) => {
      const segments = await openSegments(subject, []);
      const [segment] = segments;
      assert.ok(segment);
      await run(segments, [at(1, row(0, 0, 5))], PROMPT);
      const data = await segment.readCache("all", 0, 0, 5);
      await segment.writeCache("all", 2, 0, data, 1);
      await segment.copyCache(0, 3, 5);
      const [own] = await run(segments, [at(1, row(0, 5, 1))], [4]);
      for (const slot of [2, 3]) assert.deepEqual((await run(segments, [at(1, row(slot, 5, 1))], [4]))[0], own);
      await assert.rejects(run(segments, [at(2, row(3, 6, 1))], [4]), /level 2 in slot 3, which holds level 1/);
      await assert.rejects(run(segments, [at(4, row(3, 0, 1))], [4]), ComputeError);
      await assert.rejects(segment.writeCache("all", 0, 0, data, 0), /level 0; this segment has 3/);
      // From its beginning a slot may be of another level.
      await run(segments, [at(2, row(3, 0, 1))], [4]);
    }, options);
  });
}

for (const [way, options] of WAYS) {
  test(`who opens a model of slices as one of a single level runs the whole of it${way}`, async () => {
    await withElastic([1], async (subject) => {
      const { compute, manifest: { architecture }, blocks } = subject;
      const segment = await compute.open({ architecture, blocks, context: CONTEXT, slots: 1 });
      const [found] = await run([segment], [row(0, 0, PROMPT.length)], PROMPT);
      const [expected] = await answer(subject);
      assert.deepEqual(found, expected);
      await segment.close();
    }, options);
  });
}

test("slices that do not divide the heads, anchors that are no layers, and blocks that are cut in two are refused", async () => {
  const nothing = () => Promise.resolve();
  await assert.rejects(withElastic([], nothing, { slices: 2 }), ModelFileError);
  await assert.rejects(withElastic([3], nothing), /anchors/);
  const narrow = syntheticModel("llama", { ...SIZES, kvHeads: 6, headSize: 16 });
  const options = { metadata: metadata(6, []), quantized: /attn_output/ };
  await assert.rejects(
    withCompiled((path) => writeGgufModel(`${path}.gguf`, narrow, options), nothing),
    /blocks of 32/,
  );
});
