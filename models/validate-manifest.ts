/** Checks a manifest that came from a file or another device, before it is believed. */
import * as v from "valibot";
import { slicesOf } from "./elastic.ts";
import type { EmbeddingType, Manifest } from "./manifest.ts";
import { manifestId } from "./manifest-id.ts";

// Well above the largest models that are known, so that sums and products of these stay exact integers.
const size = (limit: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limit));
const largestBlob = 2 ** 40;
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0), v.maxValue(1e12));
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "a hash must be 64 lower-case hexadecimal digits"));
const blob = v.strictObject({ sha256: hash, bytes: size(largestBlob) });

const ropeScaling = v.strictObject({
  factor: positive,
  lowFrequencyFactor: positive,
  highFrequencyFactor: positive,
  originalContext: size(2 ** 27),
});

const architecture = v.pipe(
  v.strictObject({
    family: v.picklist(["llama", "mistral", "qwen2", "qwen3"]),
    layers: size(1024),
    width: size(2 ** 17),
    heads: size(1024),
    kvHeads: size(1024),
    headSize: v.pipe(size(1024), v.multipleOf(2, "a head must have an even number of elements")),
    feedForward: size(2 ** 20),
    vocabulary: size(2 ** 22),
    context: size(2 ** 27),
    normEpsilon: v.pipe(v.number(), v.gtValue(0), v.maxValue(0.1)),
    ropeTheta: positive,
    ropeScaling: v.exactOptional(ropeScaling),
    ropeFactors: v.exactOptional(v.pipe(v.array(positive), v.maxLength(512))),
    rotary: v.picklist(["interleaved", "half"]),
  }),
  v.check(({ heads, kvHeads }) => heads % kvHeads === 0, "heads must be a multiple of kvHeads"),
  v.check(
    ({ ropeFactors, headSize }) => ropeFactors === undefined || ropeFactors.length === headSize / 2,
    "there must be one rope factor for every pair of a head",
  ),
);

const base = {
  index: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1025)),
  memoryBytes: size(2 * largestBlob),
  multiplyAddsPerToken: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 50)),
};
const embeddingTypes = [
  "F32",
  "F16",
  "BF16",
  "Q4_0",
  "Q8_0",
  "Q4_K",
  "Q5_K",
  "Q6_K",
] as const satisfies EmbeddingType[];
const part = v.strictObject({ graph: blob, weights: blob, memoryBytes: base.memoryBytes });
const layer = { ...base, kind: v.literal("layer"), kvBytesPerToken: size(2 ** 24) };
const block = v.variant("kind", [
  v.strictObject({
    ...base,
    kind: v.literal("embed"),
    weights: blob,
    table: v.picklist(embeddingTypes),
  }),
  v.strictObject({
    ...layer,
    graph: blob,
    weights: blob,
    levels: v.exactOptional(v.pipe(v.array(part), v.maxLength(63))),
  }),
  v.strictObject({
    ...layer,
    slices: v.pipe(v.array(v.strictObject({ attention: part, feedForward: part })), v.minLength(2), v.maxLength(64)),
  }),
  v.strictObject({ ...base, kind: v.literal("head"), graph: blob, weights: blob }),
]);

const elastic = v.strictObject({
  slices: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(64)),
  anchors: v.pipe(
    v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1023))),
    v.maxLength(1024),
    v.check(
      (layers) => layers.every((layer, at) => at === 0 || layer > (layers[at - 1] ?? 0)),
      "anchors must be in order",
    ),
  ),
  chooser: v.exactOptional(v.strictObject({ sha256: hash, bytes: size(2 ** 26) })),
});

const text = (limit: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(limit));
const schema = v.pipe(
  v.strictObject({
    format: v.literal(1),
    id: hash,
    name: text(256),
    architecture,
    quantization: text(256),
    notes: v.exactOptional(v.pipe(v.array(text(1024)), v.maxLength(16))),
    tokenizer: blob,
    blocks: v.pipe(v.array(block), v.minLength(3), v.maxLength(1026)),
    elastic: v.exactOptional(elastic),
  }),
  v.check(
    ({ architecture, blocks }) =>
      blocks.length === architecture.layers + 2 &&
      blocks.every(({ index, kind }, i) => index === i && kind === kindAt(i, architecture.layers)),
    "the blocks must be embed, every layer and head, in this order",
  ),
  v.check(
    ({ architecture: { layers, kvHeads, feedForward }, elastic }) =>
      elastic === undefined ||
      (kvHeads % elastic.slices === 0 && feedForward % elastic.slices === 0 && (elastic.anchors.at(-1) ?? 0) < layers),
    "slices must divide the key and value heads and the feed-forward network, and anchors be layers",
  ),
  v.check(
    ({ blocks, elastic }) =>
      blocks.every((block) => {
        if (block.kind !== "layer") return true;
        const parts = "slices" in block ? block.slices.length : (block.levels?.length ?? 0) + 1;
        return parts === slicesOf(elastic, block.index - 1);
      }),
    "a layer must have a graph for each of its levels",
  ),
);

function kindAt(index: number, layers: number): "embed" | "layer" | "head" {
  if (index === 0) return "embed";
  return index <= layers ? "layer" : "head";
}

/**
 * Returns `value` as a manifest: every field there and in bounds, none beside, the blocks complete and in order, the id
 * the hash of the rest. Throws TypeError, which names the first thing that is wrong.
 */
export function validateManifest(value: unknown): Manifest {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    const path = v.getDotPath(issue);
    throw new TypeError(`Cannot use a manifest: ${path === null ? "" : `${path}: `}${issue.message}`);
  }
  const manifest: Manifest = result.output;
  const id = manifestId(manifest);
  if (id !== manifest.id) {
    throw new TypeError(`Cannot use a manifest: its id is ${manifest.id}, but its content gives ${id}`);
  }
  return manifest;
}
