/**
 * The graph of one decoder layer (pre-norm transformer with grouped-query attention, rotary positions and a gated
 * feed-forward network), residual adds included.
 *
 * | input | type and shape |
 * |---|---|
 * | `hidden` | float32 `[batch, sequence, width]` |
 * | `past_key`, `past_value` | float32 `[batch, kvHeads, capacity, headSize]`: the KV cache |
 * | `seqlens_k` | int32 `[batch]`: tokens in the cache after this step, minus 1 |
 * | `total_sequence_length` | int32 scalar: tokens in the cache after this step, the longest of the batch |
 * | `cos_cache`, `sin_cache` | float32 `[capacity, headSize / 2]`: see `rope.ts` |
 *
 * | output | type and shape |
 * |---|---|
 * | `hidden_out` | float32 `[batch, sequence, width]` |
 * | `present_key`, `present_value` | as the past ones: pass the same tensors to update the cache in place |
 *
 * A divisible layer can be taken apart at its attention, without a second copy of its weights (`compute/replay.ts`). With
 * no rows that go on it only gives `query_key_value`, and fills the cache; with `attended_before` it only does what follows
 * the attention. Usually all rows go on and none comes from elsewhere.
 *
 * | input | type and shape |
 * |---|---|
 * | `residual` | `hidden` once more: what the attention's result is added to |
 * | `attended_rows` | int64 `[1]`: rows of the batch whose attention goes on, from the first |
 * | `attended_before` | float32 `[rows, sequence, heads * headSize]`: attention from elsewhere, behind those |
 *
 * | output | type and shape |
 * |---|---|
 * | `query_key_value` | float32 `[batch, sequence, (heads + 2 kvHeads) headSize]`: what goes into the attention |
 */
import type { Architecture } from "../manifest.ts";
import { addAttention, addCache, queryKeyValueSize } from "./attention.ts";
import { createGraph, type Graph, type GraphBuilder } from "./graph.ts";
import { addLinear, type Linear } from "./linear.ts";

/** How a layer's projections are stored. Those that share an input are one matrix where their storage is the same. */
export interface LayerLinears {
  /** Query, key and value rows below each other, or the three apart. */
  readonly attention: { readonly packed: Linear } | {
    readonly query: Linear;
    readonly key: Linear;
    readonly value: Linear;
  };
  readonly attentionOutput: Linear;
  /** Gate and up rows below each other, or the two apart. */
  readonly feedForward: { readonly packed: Linear } | { readonly gate: Linear; readonly up: Linear };
  readonly down: Linear;
}

/** Weights of a layer from which on it is divisible. The operators for it take 5 microseconds, 16 million weights 500. */
export const LARGE_WEIGHTS = 16_000_000;

export interface LayerOptions {
  /** Whether the layer can be taken apart at its attention. Default: where it is large. */
  readonly divisible?: boolean;
}

/**
 * Builds a layer's graph. Weights, beside those that `addLinear` makes for `query`, `key`, `value` or `query_key_value`;
 * `attention_output`; `gate`, `up` or `gate_up`; `down`: the norms `attention_norm`, `feed_forward_norm` (`[width]`) and,
 * for qwen3, `query_norm`, `key_norm` (`[headSize]`).
 */
export function layerGraph(
  architecture: Architecture,
  linears: LayerLinears,
  { divisible = isLarge(linears) }: LayerOptions = {},
): Graph {
  const { width, normEpsilon } = architecture;
  const graph = createGraph("layer");
  const hidden = graph.input("hidden", "float32", ["batch", "sequence", width]);
  addCache(graph, architecture);
  const normed = addNorm(graph, "attention_norm", hidden, width, normEpsilon);
  const projections = addProjections(graph, architecture, linears, normed);
  addRest(
    graph,
    architecture,
    linears,
    divisible
      ? addGate(graph, architecture, projections)
      : { attended: addAttention(graph, architecture, projections), residual: hidden },
  );
  graph.output("hidden_out", "float32", ["rows", "tokens", width]);
  return graph.finish();
}

/** Whether a layer is so large that two operators more take less than a hundredth of a token's time. */
function isLarge({ attention, attentionOutput, feedForward, down }: LayerLinears): boolean {
  const linears = [...Object.values<Linear>(attention), attentionOutput, ...Object.values<Linear>(feedForward), down];
  return linears.reduce((weights, { rows, columns }) => weights + rows * columns, 0) >= LARGE_WEIGHTS;
}

/** The attention, with an opening on either side. */
function addGate(graph: GraphBuilder, architecture: Architecture, projections: readonly string[]): Attended {
  const { width, heads, headSize } = architecture;
  const [one = ""] = projections;
  const queryKeyValue = projections.length === 1
    ? one
    : graph.value("Concat", "query_key_value", { inputs: projections, integers: { axis: -1 } });
  const residual = graph.input("residual", "float32", ["rows", "tokens", width]);
  const rows = graph.input("attended_rows", "int64", [1]);
  const before = graph.input("attended_before", "float32", ["rows_before", "tokens_before", heads * headSize]);
  graph.output(queryKeyValue, "float32", ["batch", "sequence", queryKeyValueSize(architecture)]);
  const first = graph.integers("first", [0]);
  const attended = addAttention(graph, architecture, [queryKeyValue]);
  const goesOn = graph.value("Slice", "attended_here", { inputs: [attended, first, rows, first] });
  const all = graph.value("Concat", "attended_all", { inputs: [goesOn, before], integers: { axis: 0 } });
  return { attended: all, residual };
}

/** What the attention gave, and what it is added to. */
interface Attended {
  readonly attended: string;
  readonly residual: string;
}

/** What follows the attention: its projection, and the feed-forward network, each added to what it was made of. */
function addRest(
  graph: GraphBuilder,
  architecture: Architecture,
  linears: LayerLinears,
  { attended, residual }: Attended,
): void {
  const { width, normEpsilon } = architecture;
  const projected = addLinear(graph, "attention_output", attended, linears.attentionOutput);
  const [normed = "", sum = ""] = graph.node("SkipSimplifiedLayerNormalization", {
    domain: "com.microsoft",
    inputs: [residual, projected, graph.weight("feed_forward_norm", "float32", [width])],
    outputs: ["feed_forward_normed", "", "", "attention_residual"],
    floats: { epsilon: normEpsilon },
  }).filter((name) => name !== "");
  graph.value("Add", "hidden_out", { inputs: [sum, addFeedForward(graph, architecture, linears, normed)] });
}

/** RMS norm over the last axis. */
export function addNorm(graph: GraphBuilder, name: string, input: string, size: number, epsilon: number): string {
  return graph.value("SimplifiedLayerNormalization", `${name}ed`, {
    inputs: [input, graph.weight(name, "float32", [size])],
    integers: { axis: -1, stash_type: 1 },
    floats: { epsilon },
  });
}

/** Query, key and value; one packed tensor where the attention operator can take it so. */
export function addProjections(
  graph: GraphBuilder,
  architecture: Architecture,
  { attention }: Pick<LayerLinears, "attention">,
  input: string,
): readonly string[] {
  const { heads, kvHeads, headSize, family } = architecture;
  let [query = "", key = "", value = ""]: readonly string[] = [];
  if (!("packed" in attention)) {
    query = addLinear(graph, "query", input, attention.query);
    key = addLinear(graph, "key", input, attention.key);
    value = addLinear(graph, "value", input, attention.value);
  } else if (family !== "qwen3") {
    return [addLinear(graph, "query_key_value", input, attention.packed)];
  } else {
    const packed = addLinear(graph, "query_key_value", input, attention.packed, "projected");
    const sizes = graph.integers("projection_sizes", [heads * headSize, kvHeads * headSize, kvHeads * headSize]);
    const split = { inputs: [packed, sizes], outputs: ["query", "key", "value"], integers: { axis: -1 } };
    [query = "", key = "", value = ""] = graph.node("Split", split);
  }
  if (family === "qwen3") {
    query = addHeadNorm(graph, "query_norm", query, heads, architecture);
    key = addHeadNorm(graph, "key_norm", key, kvHeads, architecture);
  }
  return [query, key, value];
}

/** RMS norm of every head by itself (Qwen3). */
function addHeadNorm(
  graph: GraphBuilder,
  name: string,
  input: string,
  heads: number,
  { headSize, normEpsilon }: Architecture,
): string {
  // 0 copies the size from the input: batch and sequence stay what they are.
  const apart = graph.integers(`${name}_heads`, [0, 0, heads, headSize]);
  const together = graph.integers(`${name}_row`, [0, 0, heads * headSize]);
  const split = graph.value("Reshape", `${name}_in`, { inputs: [input, apart] });
  const normed = addNorm(graph, name, split, headSize, normEpsilon);
  return graph.value("Reshape", `${name}_out`, { inputs: [normed, together] });
}

/** SiLU-gated feed-forward: down(silu(gate(x)) * up(x)). */
export function addFeedForward(
  graph: GraphBuilder,
  { feedForward: size }: Architecture,
  { feedForward, down }: Pick<LayerLinears, "feedForward" | "down">,
  input: string,
): string {
  let gate: string, up: string;
  if ("packed" in feedForward) {
    const packed = addLinear(graph, "gate_up", input, feedForward.packed);
    const sizes = graph.integers("gate_up_sizes", [size, size]);
    [gate = "", up = ""] = graph.node("Split", {
      inputs: [packed, sizes],
      outputs: ["gate", "up"],
      integers: { axis: -1 },
    });
  } else {
    gate = addLinear(graph, "gate", input, feedForward.gate);
    up = addLinear(graph, "up", input, feedForward.up);
  }
  const activated = graph.value("QuickGelu", "activated", {
    domain: "com.microsoft",
    inputs: [gate],
    floats: { alpha: 1 },
  });
  const gated = graph.value("Mul", "gated", { inputs: [activated, up] });
  return addLinear(graph, "down", gated, down);
}
