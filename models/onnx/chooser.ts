/**
 * The graph of a chooser: a small encoder that reads a prompt in both directions and says which of its tokens matter, and
 * how likely the answer is to be right at each pair of prompt level and model level (the dual-head model of ElastiLM, arXiv
 * 2409.09071; there the second head names a pair for one of six targets, here whoever has measured times picks one).
 *
 * | input | type and shape |
 * |---|---|
 * | `tokens` | int32 `[1, length]`: ids of the model's own vocabulary, `positions` at most |
 *
 * | output | type and shape |
 * |---|---|
 * | `keep` | float32 `[length]`: 0 to 1, how much a token matters to the answer |
 * | `right` | float32 `[promptLevels, modelLevels]`: the probability of a right answer, from the whole prompt, from the least level |
 */
import { createGraph, type Graph, type GraphBuilder } from "./graph.ts";
import { addNorm } from "./layer.ts";
import { addLinear } from "./linear.ts";
import { ropeCaches } from "./rope.ts";

export interface ChooserArchitecture {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForward: number;
  /** Tokens that a prompt may have. */
  readonly positions: number;
  readonly promptLevels: number;
  readonly modelLevels: number;
}

/** Neighbours that a token sees before the first layer, itself included: it leaves attention free for what is far. */
export const CHOOSER_TAPS = 5;
/** Of the norms, and of the rotary positions; `training/chooser/model.py` has the same. */
const [EPSILON, ROPE_THETA] = [1e-5, 10_000];

/**
 * Builds the graph. Weights: `embedding` `[vocabulary, width]`; `neighbours` `[width, 1, 5]`; `cos`, `sin`
 * `[positions, width / heads / 2]`; for each layer `N.attention_norm`, `N.query_key_value`, `N.attention_output`,
 * `N.feed_forward_norm`, `N.up`, `N.down`; `norm`; `keep`, `pooled`, `right`. Matrices as `addLinear` has them, float32; the
 * last three have a bias.
 */
export function chooserGraph(architecture: ChooserArchitecture): Graph {
  const { vocabulary, width, layers, promptLevels, modelLevels } = architecture;
  const graph = createGraph("chooser");
  const tokens = graph.input("tokens", "int32", [1, "length"]);
  const embedded = graph.value("Gather", "embedded", {
    inputs: [graph.weight("embedding", "float32", [vocabulary, width]), tokens],
  });
  let hidden = addNeighbours(graph, embedded, width);
  for (let layer = 0; layer < layers; layer++) hidden = addLayer(graph, `${layer}.`, hidden, architecture);
  const final = addNorm(graph, "norm", hidden, width, EPSILON);

  const keep = graph.value("Sigmoid", "keep_each", { inputs: [linear(graph, "keep", final, width, 1, true)] });
  graph.value("Squeeze", "keep", { inputs: [keep, graph.integers("keep_axes", [0, 2])] });
  graph.output("keep", "float32", ["length"]);

  const pairs = linear(graph, "right", addPooled(graph, final, width), width, promptLevels * modelLevels, true);
  const right = graph.value("Sigmoid", "right_row", { inputs: [pairs] });
  graph.value("Reshape", "right", { inputs: [right, graph.integers("right_shape", [promptLevels, modelLevels])] });
  graph.output("right", "float32", [promptLevels, modelLevels]);
  return graph.finish();
}

/** The chooser as one ONNX file, from its weights but `cos` and `sin`. @throws {Error} where one is missing or of another size. */
export function chooserFile(
  architecture: ChooserArchitecture,
  weights: Readonly<Record<string, Float32Array>>,
): Uint8Array {
  const { width, heads, positions } = architecture;
  const turning = ropeCaches({ headSize: width / heads, ropeTheta: ROPE_THETA }, positions);
  const contents = Object.entries({ ...weights, ...turning }).map(([name, { buffer, byteOffset, byteLength }]) => {
    return [name, new Uint8Array(buffer, byteOffset, byteLength)] as const;
  });
  return chooserGraph(architecture).encodeWhole(Object.fromEntries(contents));
}

/** Adds to each token what its neighbours say, channel by channel. */
function addNeighbours(graph: GraphBuilder, input: string, width: number): string {
  const [side, turned] = [(CHOOSER_TAPS - 1) / 2, { perm: [0, 2, 1] }];
  const channels = graph.value("Transpose", "channels", { inputs: [input], lists: turned });
  const seen = graph.value("Conv", "neighbours_seen", {
    inputs: [channels, graph.weight("neighbours", "float32", [width, 1, CHOOSER_TAPS])],
    integers: { group: width },
    lists: { pads: [side, side] },
  });
  const neighbours = graph.value("Transpose", "neighbours_of_each", { inputs: [seen], lists: turned });
  return graph.value("Add", "hidden", { inputs: [input, neighbours] });
}

/** A pre-norm layer: attention in both directions, and a feed-forward network; returns the hidden states behind it. */
function addLayer(
  graph: GraphBuilder,
  prefix: string,
  hidden: string,
  { width, heads, feedForward, positions }: ChooserArchitecture,
): string {
  const normed = addNorm(graph, `${prefix}attention_norm`, hidden, width, EPSILON);
  const packed = linear(graph, `${prefix}query_key_value`, normed, width, 3 * width, false);
  const [query = "", key = "", value = ""] = graph.node("Split", {
    inputs: [packed],
    outputs: ["query", "key", "value"].map((part) => prefix + part),
    integers: { axis: 2 },
  });
  const rows = [positions, width / heads / 2];
  const turning = ["cos", "sin"].map((table) => graph.once(table, () => graph.weight(table, "float32", rows)));
  const start = graph.once("start", () => graph.integers("start", [0]));
  const turn = (input: string): string =>
    graph.value("RotaryEmbedding", `${input}_turned`, {
      domain: "com.microsoft",
      inputs: [input, start, ...turning],
    });
  const attended = graph.value("MultiHeadAttention", `${prefix}attended`, {
    domain: "com.microsoft",
    inputs: [turn(query), turn(key), value],
    integers: { num_heads: heads },
  });
  const projected = linear(graph, `${prefix}attention_output`, attended, width, width, false);
  const sum = graph.value("Add", `${prefix}attention_residual`, { inputs: [hidden, projected] });
  const inner = addNorm(graph, `${prefix}feed_forward_norm`, sum, width, EPSILON);
  const up = addSilu(graph, linear(graph, `${prefix}up`, inner, width, feedForward, false));
  return graph.value("Add", `${prefix}hidden_out`, {
    inputs: [sum, linear(graph, `${prefix}down`, up, feedForward, width, false)],
  });
}

/** What all tokens say together, `[1, 1, width]`: from their mean and from the largest of each channel. */
function addPooled(graph: GraphBuilder, input: string, width: number): string {
  const both = ["Mean", "Max"].map((kind) =>
    graph.value(`Reduce${kind}`, `pooled_${kind.toLowerCase()}`, { inputs: [input], lists: { axes: [1] } })
  );
  const joined = graph.value("Concat", "pooled_both", { inputs: both, integers: { axis: 2 } });
  return addSilu(graph, linear(graph, "pooled", joined, 2 * width, width, true));
}

function linear(
  graph: GraphBuilder,
  name: string,
  input: string,
  columns: number,
  rows: number,
  bias: boolean,
): string {
  // The graph's outputs have these names.
  return addLinear(graph, name, input, { rows, columns, storage: { kind: "float32" }, bias }, `${name}_projected`);
}

function addSilu(graph: GraphBuilder, input: string): string {
  return graph.value("QuickGelu", `${input}_activated`, {
    domain: "com.microsoft",
    inputs: [input],
    floats: { alpha: 1 },
  });
}
