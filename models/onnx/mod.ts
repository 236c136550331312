/** ONNX graphs of a model's blocks, and the tables that they take as inputs. */
export { attentionGraph, queryKeyValueSize } from "./attention.ts";
export { CHOOSER_TAPS, type ChooserArchitecture, chooserFile, chooserGraph } from "./chooser.ts";
export type { Graph } from "./graph.ts";
export { headGraph } from "./head.ts";
export { LARGE_WEIGHTS, layerGraph, type LayerLinears } from "./layer.ts";
export { type BlockLayout, blockLayout, type Linear, type Storage } from "./linear.ts";
export { offsetBlock, offsetColumns, offsetParts } from "./offset-blocks.ts";
export type { ExternalTensor } from "./proto.ts";
export { attentionSliceGraph, feedForwardSliceGraph } from "./slice.ts";
export { type RopeArchitecture, ropeCaches, ropeFrequencies } from "./rope.ts";
