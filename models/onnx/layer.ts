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
 */
import type { Architecture } from "../manifest.ts";
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

/**
 * Builds a layer's graph. Weights, beside those that `addLinear` makes for `query`, `key`, `value` or `query_key_value`;
 * `attention_output`; `gate`, `up` or `gate_up`; `down`: the norms `attention_norm`, `feed_forward_norm` (`[width]`) and,
 * for qwen3, `query_norm`, `key_norm` (`[headSize]`).
 */
export function layerGraph(architecture: Architecture, linears: LayerLinears): Graph {
  const { width, kvHeads, headSize, normEpsilon } = architecture;
  const graph = createGraph("layer");
  const hidden = graph.input("hidden", "float32", ["batch", "sequence", width]);
  const cacheShape = ["batch", kvHeads, "capacity", headSize];
  graph.input("past_key", "float32", cacheShape);
  graph.input("past_value", "float32", cacheShape);
  graph.input("seqlens_k", "int32", ["batch"]);
  graph.input("total_sequence_length", "int32", []);
  graph.input("cos_cache", "float32", ["positions", headSize / 2]);
  graph.input("sin_cache", "float32", ["positions", headSize / 2]);

  const attended = addAttention(
    graph,
    architecture,
    linears,
    addNorm(graph, "attention_norm", hidden, width, normEpsilon),
  );
  const [normed = "", residual = ""] = graph.node("SkipSimplifiedLayerNormalization", {
    domain: "com.microsoft",
    inputs: [hidden, attended, graph.weight("feed_forward_norm", "float32", [width])],
    outputs: ["feed_forward_normed", "", "", "residual"],
    floats: { epsilon: normEpsilon },
  }).filter((name) => name !== "");
  const forwarded = addFeedForward(graph, architecture, linears, normed);
  graph.value("Add", "hidden_out", { inputs: [residual, forwarded] });

  graph.output("hidden_out", "float32", ["batch", "sequence", width]);
  graph.output("present_key", "float32", cacheShape);
  graph.output("present_value", "float32", cacheShape);
  return graph.finish();
}

/** RMS norm over the last axis. */
export function addNorm(graph: GraphBuilder, name: string, input: string, size: number, epsilon: number): string {
  return graph.value("SimplifiedLayerNormalization", `${name}ed`, {
    inputs: [input, graph.weight(name, "float32", [size])],
    integers: { axis: -1, stash_type: 1 },
    floats: { epsilon },
  });
}

function addAttention(
  graph: GraphBuilder,
  architecture: Architecture,
  linears: LayerLinears,
  input: string,
): string {
  const { heads, kvHeads, family, rotary } = architecture;
  let [query = "", key = "", value = ""] = addProjections(graph, architecture, linears, input, family === "qwen3");
  if (family === "qwen3") {
    query = addHeadNorm(graph, "query_norm", query, heads, architecture);
    key = addHeadNorm(graph, "key_norm", key, kvHeads, architecture);
  }
  const cache = ["past_key", "past_value", "seqlens_k", "total_sequence_length", "cos_cache", "sin_cache"];
  const [attended = ""] = graph.node("GroupQueryAttention", {
    domain: "com.microsoft",
    inputs: [query, key, value, ...cache],
    outputs: ["attended", "present_key", "present_value"],
    integers: {
      num_heads: heads,
      kv_num_heads: kvHeads,
      do_rotary: 1,
      rotary_interleaved: rotary === "interleaved" ? 1 : 0,
    },
  });
  return addLinear(graph, "attention_output", attended, linears.attentionOutput);
}

/** Query, key and value; one packed tensor and two empty names where the attention operator can take it so. */
function addProjections(
  graph: GraphBuilder,
  { heads, kvHeads, headSize }: Architecture,
  { attention }: LayerLinears,
  input: string,
  apart: boolean,
): readonly string[] {
  if (!("packed" in attention)) {
    return [
      addLinear(graph, "query", input, attention.query),
      addLinear(graph, "key", input, attention.key),
      addLinear(graph, "value", input, attention.value),
    ];
  }
  const packed = addLinear(graph, "query_key_value", input, attention.packed);
  if (!apart) return [packed, "", ""];
  const sizes = graph.integers("projection_sizes", [heads * headSize, kvHeads * headSize, kvHeads * headSize]);
  return graph.node("Split", { inputs: [packed, sizes], outputs: ["query", "key", "value"], integers: { axis: -1 } });
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
function addFeedForward(
  graph: GraphBuilder,
  { feedForward: size }: Architecture,
  { feedForward, down }: LayerLinears,
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
