/** Collects nodes and weights of one block, and gives every weight its place in the weights file. */
import {
  type Dimension,
  type ElementType,
  encodeModel,
  type ExternalTensor,
  type Model,
  type Node,
  type Value,
} from "./proto.ts";

/** Weights start at multiples of this: a memory page, so that a mapped file needs no copy. */
const alignment = 4096;

const elementBytes: Readonly<Record<ElementType, number>> = { float32: 4, uint8: 1, int32: 4, int64: 8 };

/** A block's graph, before it is known what the weights file is called. */
export interface Graph {
  /** In the order of the weights file; between them zeros up to the next multiple of 4,096. */
  readonly weights: readonly ExternalTensor[];
  /** Size of the weights file. */
  readonly weightsBytes: number;
  /** The ONNX file, for weights in a file called `location` in the same folder. */
  encode(location: string): Uint8Array;
  /** The ONNX file with its weights inside: their bytes by their names, little-endian. */
  encodeWhole(contents: Readonly<Record<string, Uint8Array>>): Uint8Array;
}

export interface GraphBuilder {
  input(name: string, type: ElementType, shape: readonly Dimension[]): string;
  output(name: string, type: ElementType, shape: readonly Dimension[]): void;
  /** A constant in the weights file; returns its name. */
  weight(name: string, type: ElementType, shape: readonly number[]): string;
  /** A small constant in the graph; returns its name. */
  integers(name: string, values: readonly number[]): string;
  /** Adds a node and returns its outputs' names. */
  node(operator: string, node: NodeOptions): readonly string[];
  /** Adds a node with one output and returns the output's name. */
  value(operator: string, output: string, node: Omit<NodeOptions, "outputs">): string;
  /** The name that `make` returned for `key` the first time: what several nodes need is computed once. */
  once(key: string, make: () => string): string;
  finish(): Graph;
}

export interface NodeOptions {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** ONNX's own operators by default. */
  readonly domain?: "" | "com.microsoft";
  readonly integers?: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly lists?: Readonly<Record<string, readonly number[]>>;
}

/** Starts an empty graph. */
export function createGraph(name: string): GraphBuilder {
  const inputs: Value[] = [];
  const outputs: Value[] = [];
  const nodes: Node[] = [];
  const constants: { readonly name: string; readonly values: readonly number[] }[] = [];
  const weights: ExternalTensor[] = [];
  const made = new Map<string, string>();
  let end = 0;

  function node(operator: string, options: NodeOptions): readonly string[] {
    nodes.push({ domain: "", ...options, operator });
    return options.outputs;
  }

  return {
    node,
    input(name, type, shape) {
      inputs.push({ name, type, shape });
      return name;
    },
    output(name, type, shape) {
      outputs.push({ name, type, shape });
    },
    weight(name, type, shape) {
      const offset = Math.ceil(end / alignment) * alignment;
      const bytes = shape.reduce((product, size) => product * size, elementBytes[type]);
      weights.push({ name, type, shape, offset, bytes });
      end = offset + bytes;
      return name;
    },
    integers(name, values) {
      constants.push({ name, values });
      return name;
    },
    value(operator, output, options) {
      node(operator, { ...options, outputs: [output] });
      return output;
    },
    once(key, make) {
      const name = made.get(key) ?? make();
      made.set(key, name);
      return name;
    },
    finish() {
      const encode = (location: Model["location"]) =>
        encodeModel({ name, inputs, outputs, nodes, constants, weights, location });
      return { weights, weightsBytes: end, encode, encodeWhole: encode };
    },
  };
}
