/**
 * The graphs of one slice of a decoder layer: some of its heads, and some of its neurons. Each adds its part to a sum, so that
 * the first slices of a layer, one after another, are the layer at a level. The first one of each kind begins the sum with
 * `hidden`; the others take it as input `sum`. Inputs and outputs are a layer's (`layer.ts`) otherwise; only the slices of
 * heads have a cache.
 */
import type { Architecture } from "../manifest.ts";
import { addAttention, addCache } from "./attention.ts";
import { createGraph, type Graph, type GraphBuilder } from "./graph.ts";
import { addFeedForward, addNorm, addProjections, type LayerLinears } from "./layer.ts";
import { addLinear } from "./linear.ts";

/** The heads of a slice; `architecture` has the slice's sizes. */
export function attentionSliceGraph(
  architecture: Architecture,
  linears: Pick<LayerLinears, "attention" | "attentionOutput">,
  isFirst: boolean,
): Graph {
  const { graph, hidden, finish } = begin("attention_slice", architecture, isFirst);
  addCache(graph, architecture);
  const normed = addNorm(graph, "attention_norm", hidden, architecture.width, architecture.normEpsilon);
  const attended = addAttention(graph, architecture, addProjections(graph, architecture, linears, normed));
  return finish(addLinear(graph, "attention_output", attended, linears.attentionOutput));
}

/** The neurons of a slice; `architecture` has the slice's sizes. */
export function feedForwardSliceGraph(
  architecture: Architecture,
  linears: Pick<LayerLinears, "feedForward" | "down">,
  isFirst: boolean,
): Graph {
  const { graph, hidden, finish } = begin("feed_forward_slice", architecture, isFirst);
  const normed = addNorm(graph, "feed_forward_norm", hidden, architecture.width, architecture.normEpsilon);
  return finish(addFeedForward(graph, architecture, linears, normed));
}

function begin(name: string, { width }: Architecture, isFirst: boolean) {
  const graph: GraphBuilder = createGraph(name);
  const states = ["batch", "sequence", width];
  const hidden = graph.input("hidden", "float32", states);
  const sum = isFirst ? hidden : graph.input("sum", "float32", states);
  return {
    graph,
    hidden,
    finish(part: string): Graph {
      graph.value("Add", "hidden_out", { inputs: [sum, part] });
      graph.output("hidden_out", "float32", states);
      return graph.finish();
    },
  };
}
