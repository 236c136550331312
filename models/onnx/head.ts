/**
 * The graph of the head: final norm and output projection.
 * Input `hidden`, float32 `[batch, sequence, width]`; output `logits`, float32 `[batch, sequence, vocabulary]`.
 */
import type { Architecture } from "../manifest.ts";
import { createGraph, type Graph } from "./graph.ts";
import { addNorm } from "./layer.ts";
import { addLinear, type Linear } from "./linear.ts";

/** Builds the head's graph. Weights: `norm` (`[width]`) and those that `addLinear` makes for `logits`. */
export function headGraph({ width, vocabulary, normEpsilon }: Architecture, output: Linear): Graph {
  const graph = createGraph("head");
  const hidden = graph.input("hidden", "float32", ["batch", "sequence", width]);
  addLinear(graph, "logits", addNorm(graph, "norm", hidden, width, normEpsilon), output);
  graph.output("logits", "float32", ["batch", "sequence", vocabulary]);
  return graph.finish();
}
