/** Turns the parts of a source model into blocks: graph, contents of the weights file, and cost. */
import { isQuantized, type ModelSource } from "../formats/mod.ts";
import { slicesOf } from "../elastic.ts";
import type { EmbeddingType } from "../manifest.ts";
import {
  attentionSliceGraph,
  feedForwardSliceGraph,
  type Graph,
  headGraph,
  layerGraph,
  type LayerLinears,
} from "../onnx/mod.ts";
import { type Content, type Contents, floatPieces, floats, projectionContents, storedPieces } from "./content.ts";
import { encodeQ8 } from "./encode-q8.ts";
import { cutLayer } from "./cut-layer.ts";
import { findProjection, packProjections, type Projection, type Quantize } from "./projection.ts";
import { type ReadableTensor, requireTensor, requireVector, type SourceModel } from "./source-model.ts";

/** A block with a graph, before its bytes are written. */
export interface GraphBlock {
  readonly graph: Graph;
  readonly contents: Contents;
  readonly projections: readonly Projection[];
  /** Names of the source tensors that went into it. */
  readonly tensors: readonly string[];
}

/** A slice of a layer, before its bytes are written. */
export interface SliceBlocks {
  readonly attention: GraphBlock;
  readonly feedForward: GraphBlock;
}

/** The embedding's rows as they will be stored. */
export function embedding(
  { source, architecture, names }: SourceModel,
  quantize: Quantize,
): { readonly table: EmbeddingType; readonly content: Content } {
  const { vocabulary, width } = architecture;
  const tensor = requireTensor(source, names.embedding, [vocabulary, width]);
  // A look-up reads one row a token, so 8 bits save memory and cost no time; fewer would cost quality.
  const { type } = tensor;
  if (quantize === "keep" || isQuantized(type) || width % 32 !== 0) {
    return { table: type, content: () => storedPieces(source, tensor) };
  }
  async function* rows(): AsyncGenerator<Uint8Array> {
    for await (const values of floatPieces(source, tensor)) yield encodeQ8(values);
  }
  return { table: "Q8_0", content: rows };
}

/** One side of a layer: what its graph is made of. */
interface Side<L> {
  readonly linears: L;
  readonly projections: Readonly<Record<string, Projection>>;
  readonly vectors: Readonly<Record<string, ReadableTensor>>;
}

/** Decoder layer `layer`, counted from 0. */
export function layerBlock(model: SourceModel, layer: number, quantize: Quantize): GraphBlock {
  const [attention, feedForward] = [attentionOf(model, layer, quantize), feedForwardOf(model, layer, quantize)];
  return assemble(
    model.source,
    layerGraph(model.architecture, { ...attention.linears, ...feedForward.linears }),
    { ...attention.projections, ...feedForward.projections },
    { ...attention.vectors, ...feedForward.vectors },
  );
}

function attentionOf(
  { source, architecture, names }: SourceModel,
  layer: number,
  quantize: Quantize,
): Side<Pick<LayerLinears, "attention" | "attentionOutput">> {
  const { family, width, heads, kvHeads, headSize } = architecture;
  const prefix = names.layerPrefix(layer);
  const find = (name: string, rows: number, columns: number, bias = false) =>
    findProjection(source, prefix + name, { rows, columns, quantize, bias });
  const biased = family === "qwen2";
  const query = find(names.layer.query, heads * headSize, width, biased);
  const key = find(names.layer.key, kvHeads * headSize, width, biased);
  const value = find(names.layer.value, kvHeads * headSize, width, biased);
  const attentionOutput = find(names.layer.attentionOutput, width, heads * headSize);
  const packed = packProjections([query, key, value]);
  const norms = family === "qwen3"
    ? {
      query_norm: requireVector(source, prefix + names.layer.queryNorm, headSize),
      key_norm: requireVector(source, prefix + names.layer.keyNorm, headSize),
    }
    : {};
  return {
    linears: {
      attention: packed === undefined
        ? { query: query.linear, key: key.linear, value: value.linear }
        : { packed: packed.linear },
      attentionOutput: attentionOutput.linear,
    },
    projections: {
      ...packed === undefined ? { query, key, value } : { query_key_value: packed },
      attention_output: attentionOutput,
    },
    vectors: { attention_norm: requireVector(source, prefix + names.layer.attentionNorm, width), ...norms },
  };
}

function feedForwardOf(
  { source, architecture, names }: SourceModel,
  layer: number,
  quantize: Quantize,
): Side<Pick<LayerLinears, "feedForward" | "down">> {
  const { width, feedForward } = architecture;
  const prefix = names.layerPrefix(layer);
  const find = (name: string, rows: number, columns: number) =>
    findProjection(source, prefix + name, { rows, columns, quantize });
  const [gate, up] = [find(names.layer.gate, feedForward, width), find(names.layer.up, feedForward, width)];
  const down = find(names.layer.down, width, feedForward);
  const packed = packProjections([gate, up]);
  return {
    linears: {
      feedForward: packed === undefined ? { gate: gate.linear, up: up.linear } : { packed: packed.linear },
      down: down.linear,
    },
    projections: { ...packed === undefined ? { gate, up } : { gate_up: packed }, down },
    vectors: { feed_forward_norm: requireVector(source, prefix + names.layer.feedForwardNorm, width) },
  };
}

/** The slices of decoder layer `layer`, each by itself. */
export function sliceBlocks(model: SourceModel, layer: number, quantize: Quantize): SliceBlocks[] {
  const slices = slicesOf(model.elastic, layer);
  return Array.from({ length: slices }, (_, first) => {
    const cut = cutLayer(model, layer, { slices, first, count: 1 });
    const [attention, feedForward] = [attentionOf(cut, layer, quantize), feedForwardOf(cut, layer, quantize)];
    const { architecture, source } = cut;
    const isFirst = first === 0;
    const heads = attentionSliceGraph(architecture, attention.linears, isFirst);
    const neurons = feedForwardSliceGraph(architecture, feedForward.linears, isFirst);
    return {
      attention: assemble(source, heads, attention.projections, attention.vectors),
      feedForward: assemble(source, neurons, feedForward.projections, feedForward.vectors),
    };
  });
}

/** Decoder layer `layer` at each level below the whole, from the least; none where it is always whole. */
export function levelBlocks(model: SourceModel, layer: number, quantize: Quantize): GraphBlock[] {
  const slices = slicesOf(model.elastic, layer);
  return Array.from({ length: slices - 1 }, (_, index) => {
    return layerBlock(cutLayer(model, layer, { slices, first: 0, count: index + 1 }), layer, quantize);
  });
}

/** Final norm and output projection. */
export function headBlock(model: SourceModel, quantize: Quantize): GraphBlock {
  const { source, architecture, names, tied } = model;
  const { width, vocabulary } = architecture;
  const norm = requireVector(source, names.norm, width);
  // The last projection decides between tokens that are close: it gets 8 bits where the layers get 4.
  const options = { rows: vocabulary, columns: width, quantize: quantize === "4" ? "8" : quantize } as const;
  const logits = findProjection(source, tied ? names.embedding.replace(/\.weight$/, "") : names.output, options);
  return assemble(source, headGraph(architecture, logits.linear), { logits }, { norm });
}

/** Projections and vectors by their names in the graph. */
function assemble(
  source: ModelSource,
  graph: Graph,
  projections: Readonly<Record<string, Projection>>,
  vectors: Readonly<Record<string, ReadableTensor>>,
): GraphBlock {
  const contents: Record<string, Content> = {};
  for (const [name, tensor] of Object.entries(vectors)) contents[name] = () => floats(source, [tensor]);
  for (const [name, projection] of Object.entries(projections)) {
    Object.assign(contents, projectionContents(source, name, projection));
  }
  const all = Object.values(projections);
  const tensors = [...Object.values(vectors), ...all.flatMap(({ weights, biases }) => [...weights, ...biases])];
  return { graph, contents, projections: all, tensors: tensors.map(({ name }) => name) };
}
