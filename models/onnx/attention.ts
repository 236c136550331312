/** The attention operator: in a layer's graph, and by itself as a graph that all layers of a model can share. */
import type { Architecture } from "../manifest.ts";
import { createGraph, type Graph, type GraphBuilder } from "./graph.ts";

/** What the operator asks for beside queries, keys and values: see the table in `layer.ts`. */
const CACHE = ["past_key", "past_value", "seqlens_k", "total_sequence_length", "cos_cache", "sin_cache"];

/** Adds the inputs and outputs that have to do with the KV cache. */
export function addCache(graph: GraphBuilder, { kvHeads, headSize }: Architecture): void {
  const cache = ["batch", kvHeads, "capacity", headSize];
  graph.input("past_key", "float32", cache);
  graph.input("past_value", "float32", cache);
  graph.input("seqlens_k", "int32", ["batch"]);
  graph.input("total_sequence_length", "int32", []);
  graph.input("cos_cache", "float32", ["positions", headSize / 2]);
  graph.input("sin_cache", "float32", ["positions", headSize / 2]);
  graph.output("present_key", "float32", cache);
  graph.output("present_value", "float32", cache);
}

/**
 * Adds the operator on query, key and value, which may be one tensor `[batch, sequence, (heads + 2 kvHeads) headSize]`;
 * returns the name of `attended`, `[batch, sequence, heads headSize]`.
 */
export function addAttention(
  graph: GraphBuilder,
  { heads, kvHeads, rotary }: Architecture,
  [query = "", key = "", value = ""]: readonly string[],
): string {
  const [attended = ""] = graph.node("GroupQueryAttention", {
    domain: "com.microsoft",
    inputs: [query, key, value, ...CACHE],
    outputs: ["attended", "present_key", "present_value"],
    integers: {
      num_heads: heads,
      kv_num_heads: kvHeads,
      do_rotary: 1,
      rotary_interleaved: rotary === "interleaved" ? 1 : 0,
    },
  });
  return attended;
}

/** The operator as a graph: input `query_key_value`, output `attended`, and the cache as in a layer's graph. */
export function attentionGraph(architecture: Architecture): Graph {
  const { heads, headSize } = architecture;
  const graph = createGraph("attention");
  const input = graph.input("query_key_value", "float32", ["batch", "sequence", queryKeyValueSize(architecture)]);
  addCache(graph, architecture);
  graph.output(addAttention(graph, architecture, [input]), "float32", ["batch", "sequence", heads * headSize]);
  return graph.finish();
}

/** Elements of a token's queries, keys and values together. */
export function queryKeyValueSize({ heads, kvHeads, headSize }: Architecture): number {
  return (heads + 2 * kvHeads) * headSize;
}
