/**
 * Writes the part of ONNX's protobuf format that the compiler needs: a graph of nodes whose initialisers lie in another
 * file, or in it. Field numbers and enumerations are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */
import { PbfWriter } from "pbf";

/** Field numbers, message by message. */
const field = {
  model: { irVersion: 1, producerName: 2, graph: 7, opsetImport: 8 },
  operatorSet: { domain: 1, version: 2 },
  graph: { node: 1, name: 2, initializer: 5, input: 11, output: 12 },
  node: { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 },
  attribute: { name: 1, f: 2, i: 3, ints: 8, type: 20 },
  tensor: { dims: 1, dataType: 2, int64Data: 7, name: 8, rawData: 9, externalData: 13, dataLocation: 14 },
  entry: { key: 1, value: 2 },
  valueInfo: { name: 1, type: 2 },
  type: { tensorType: 1 },
  tensorType: { elementType: 1, shape: 2 },
  shape: { dimension: 1 },
  dimension: { value: 1, parameter: 2 },
} as const;

const attributeType = { float: 1, int: 2, ints: 7 } as const;
const externalLocation = 1;

/** Element types that the graphs use, by their number in `TensorProto.DataType`. */
export const elementType = { float32: 1, uint8: 2, int32: 6, int64: 7 } as const;
export type ElementType = keyof typeof elementType;

/** A size, or the name of one that is only known when the graph runs. */
export type Dimension = number | string;

export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

export interface Node {
  readonly operator: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  /** An empty name stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly integers?: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
  /** Lists of integers, none below 0. */
  readonly lists?: Readonly<Record<string, readonly number[]>>;
}

/** A constant whose bytes lie in the weights file, little-endian and row-major. */
export interface ExternalTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** In the weights file, bytes. */
  readonly offset: number;
  readonly bytes: number;
}

/** A small constant of 64-bit integers, kept in the graph itself. */
export interface IntegerTensor {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Model {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly constants: readonly IntegerTensor[];
  readonly weights: readonly ExternalTensor[];
  /** Where the weights are: a file, by its name relative to the folder of the graph; or here, by the tensors' names. */
  readonly location: string | Readonly<Record<string, Uint8Array>>;
}

/** The model as an ONNX file. The same model gives the same bytes. */
export function encodeModel(model: Model): Uint8Array {
  const writer = new PbfWriter();
  writer.writeVarintField(field.model.irVersion, 8);
  writer.writeStringField(field.model.producerName, "skein");
  writer.writeMessage(field.model.graph, writeGraph, model);
  writer.writeMessage(field.model.opsetImport, writeOperatorSet, { domain: "", version: 17 });
  writer.writeMessage(field.model.opsetImport, writeOperatorSet, { domain: "com.microsoft", version: 1 });
  return writer.finish();
}

function writeOperatorSet(set: { readonly domain: string; readonly version: number }, writer: PbfWriter): void {
  writer.writeStringField(field.operatorSet.domain, set.domain);
  writer.writeVarintField(field.operatorSet.version, set.version);
}

function writeGraph(model: Model, writer: PbfWriter): void {
  for (const node of model.nodes) writer.writeMessage(field.graph.node, writeNode, node);
  writer.writeStringField(field.graph.name, model.name);
  for (const constant of model.constants) writer.writeMessage(field.graph.initializer, writeIntegers, constant);
  for (const tensor of model.weights) {
    const { location } = model;
    if (typeof location === "string") writer.writeMessage(field.graph.initializer, writeExternal, { tensor, location });
    else writer.writeMessage(field.graph.initializer, writeWhole, { tensor, content: contentOf(tensor, location) });
  }
  for (const value of model.inputs) writer.writeMessage(field.graph.input, writeValue, value);
  for (const value of model.outputs) writer.writeMessage(field.graph.output, writeValue, value);
}

function writeNode(node: Node, writer: PbfWriter): void {
  for (const name of node.inputs) writer.writeStringField(field.node.input, name);
  for (const name of node.outputs) writer.writeStringField(field.node.output, name);
  writer.writeStringField(field.node.name, node.outputs[0] ?? "");
  writer.writeStringField(field.node.opType, node.operator);
  for (const [name, value] of Object.entries(node.integers ?? {})) {
    writer.writeMessage(field.node.attribute, writeInteger, { name, value });
  }
  for (const [name, value] of Object.entries(node.floats ?? {})) {
    writer.writeMessage(field.node.attribute, writeFloat, { name, value });
  }
  for (const [name, values] of Object.entries(node.lists ?? {})) {
    writer.writeMessage(field.node.attribute, writeList, { name, values });
  }
  if (node.domain !== "") writer.writeStringField(field.node.domain, node.domain);
}

interface Attribute {
  readonly name: string;
  readonly value: number;
}

function writeInteger({ name, value }: Attribute, writer: PbfWriter): void {
  writer.writeStringField(field.attribute.name, name);
  writer.writeVarintField(field.attribute.i, value);
  writer.writeVarintField(field.attribute.type, attributeType.int);
}

function writeFloat({ name, value }: Attribute, writer: PbfWriter): void {
  writer.writeStringField(field.attribute.name, name);
  writer.writeFloatField(field.attribute.f, value);
  writer.writeVarintField(field.attribute.type, attributeType.float);
}

function writeList(
  { name, values }: { readonly name: string; readonly values: readonly number[] },
  writer: PbfWriter,
): void {
  writer.writeStringField(field.attribute.name, name);
  // Not packed: the schema is proto2, where packing must be asked for.
  for (const value of values) writer.writeVarintField(field.attribute.ints, value);
  writer.writeVarintField(field.attribute.type, attributeType.ints);
}

function writeIntegers({ name, values }: IntegerTensor, writer: PbfWriter): void {
  writer.writePackedVarint(field.tensor.dims, [values.length]);
  writer.writeVarintField(field.tensor.dataType, elementType.int64);
  writer.writePackedVarint(field.tensor.int64Data, [...values]);
  writer.writeStringField(field.tensor.name, name);
}

function writeDescription({ name, type, shape }: ExternalTensor, writer: PbfWriter): void {
  writer.writePackedVarint(field.tensor.dims, [...shape]);
  writer.writeVarintField(field.tensor.dataType, elementType[type]);
  writer.writeStringField(field.tensor.name, name);
}

function writeExternal(
  { tensor, location }: { readonly tensor: ExternalTensor; readonly location: string },
  writer: PbfWriter,
): void {
  writeDescription(tensor, writer);
  const entries = { location, offset: String(tensor.offset), length: String(tensor.bytes) };
  for (const [key, value] of Object.entries(entries)) {
    writer.writeMessage(field.tensor.externalData, writeEntry, { key, value });
  }
  writer.writeVarintField(field.tensor.dataLocation, externalLocation);
}

function contentOf({ name, bytes }: ExternalTensor, contents: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const content = contents[name];
  if (content?.length === bytes) return content;
  throw new Error(`Cannot write the graph: "${name}" has ${content?.length ?? "no"} bytes, it must have ${bytes}`);
}

function writeWhole(
  { tensor, content }: { readonly tensor: ExternalTensor; readonly content: Uint8Array },
  writer: PbfWriter,
): void {
  writeDescription(tensor, writer);
  writer.writeBytesField(field.tensor.rawData, content);
}

function writeEntry({ key, value }: { readonly key: string; readonly value: string }, writer: PbfWriter): void {
  writer.writeStringField(field.entry.key, key);
  writer.writeStringField(field.entry.value, value);
}

function writeValue(value: Value, writer: PbfWriter): void {
  writer.writeStringField(field.valueInfo.name, value.name);
  writer.writeMessage(field.valueInfo.type, writeType, value);
}

function writeType(value: Value, writer: PbfWriter): void {
  writer.writeMessage(field.type.tensorType, writeTensorType, value);
}

function writeTensorType(value: Value, writer: PbfWriter): void {
  writer.writeVarintField(field.tensorType.elementType, elementType[value.type]);
  writer.writeMessage(field.tensorType.shape, writeShape, value.shape);
}

function writeShape(shape: readonly Dimension[], writer: PbfWriter): void {
  for (const dimension of shape) writer.writeMessage(field.shape.dimension, writeDimension, dimension);
}

function writeDimension(dimension: Dimension, writer: PbfWriter): void {
  if (typeof dimension === "number") writer.writeVarintField(field.dimension.value, dimension);
  else writer.writeStringField(field.dimension.parameter, dimension);
}
