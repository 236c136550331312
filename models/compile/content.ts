/** The bytes of a block's weights file, made piece by piece from the tensors of the source. */
import { dequantize, type ModelSource, tensorTypes, typedBytes } from "../formats/mod.ts";
import { type BlockLayout, blockLayout, type Graph, type Linear } from "../onnx/mod.ts";
import type { Projection } from "./projection.ts";
import { quantizeBlocks } from "./quantize.ts";
import { repackQ4, repackQ8 } from "./repack.ts";
import { repackQ4K } from "./repack-q4k.ts";
import type { ReadableTensor } from "./source-model.ts";

// Large enough that reading is fast, small enough that nothing else notices.
const pieceBytes = 1024 * 1024;

/** Makes the bytes of one weight. */
export type Content = () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Contents by the weights' names in the graph. */
export type Contents = Readonly<Record<string, Content>>;

/** The contents of a projection that the graph calls `name`. */
export function projectionContents(source: ModelSource, name: string, projection: Projection): Contents {
  const { weights, biases, linear } = projection;
  const layout = blockLayout(linear);
  const bias: Contents = biases.length === 0 ? {} : { [`${name}.bias`]: () => floats(source, biases) };
  if (layout === undefined) return { ...bias, [`${name}.weight`]: () => floats(source, weights) };
  // The weights come first in the file, so that their scales are known when their turn comes.
  const scales: Uint8Array[] = [];
  return {
    ...bias,
    [`${name}.weight`]: () => blocks(source, weights, linear, layout, scales),
    [`${name}.scale`]: () => scales.splice(0),
  };
}

/** Tensors one after the other as float32. */
export async function* floats(source: ModelSource, tensors: readonly ReadableTensor[]): AsyncGenerator<Uint8Array> {
  for (const tensor of tensors) for await (const values of floatPieces(source, tensor)) yield bytesOf(values);
}

/** A whole weights file: the contents at the graph's offsets, zeros between them. */
export async function* weightsFile(graph: Graph, contents: Contents): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const { name, offset, bytes } of graph.weights) {
    const content = contents[name];
    if (content === undefined) throw new Error(`Cannot write the weights: nothing gives "${name}"`);
    if (offset > at) yield new Uint8Array(offset - at);
    at = offset;
    for await (const piece of content()) {
      at += piece.length;
      yield piece;
    }
    if (at !== offset + bytes) {
      throw new Error(`Cannot write the weights: "${name}" has ${at - offset} bytes, the graph expects ${bytes}`);
    }
  }
}

/** A tensor's rows as stored, in pieces of whole rows. */
export async function* storedPieces(source: ModelSource, tensor: ReadableTensor): AsyncGenerator<Uint8Array> {
  const rowBytes = typedBytes(tensor.type, tensor.shape.at(-1) ?? 1);
  const step = Math.max(1, Math.floor(pieceBytes / rowBytes)) * rowBytes;
  for (let offset = 0; offset < tensor.bytes; offset += step) {
    yield await source.read(tensor, offset, Math.min(step, tensor.bytes - offset));
  }
}

/** A tensor's rows as float32, in pieces of whole rows. */
export async function* floatPieces(
  source: ModelSource,
  tensor: ReadableTensor,
): AsyncGenerator<Float32Array> {
  const unit = tensorTypes[tensor.type];
  for await (const bytes of storedPieces(source, tensor)) {
    const values = new Float32Array((bytes.length / unit.bytes) * unit.elements);
    dequantize(tensor.type, bytes, values);
    yield values;
  }
}

async function* blocks(
  source: ModelSource,
  tensors: readonly ReadableTensor[],
  { columns, storage }: Linear,
  { bits, blockSize, columns: stored }: BlockLayout,
  scales: Uint8Array[],
): AsyncGenerator<Uint8Array> {
  for (const tensor of tensors) {
    const unit = tensorTypes[tensor.type];
    for await (const bytes of storedPieces(source, tensor)) {
      const elements = (bytes.length / unit.bytes) * unit.elements;
      const rows = elements / columns;
      const packed = new Uint8Array((rows * stored * bits) / 8);
      const pieceScales = new Float32Array((rows * stored) / blockSize);
      if (storage.kind === "offset-blocks") repackQ4K(bytes, columns, packed, pieceScales);
      else if (tensor.type === "Q4_0") repackQ4(bytes, packed, pieceScales);
      else if (tensor.type === "Q8_0") repackQ8(bytes, packed, pieceScales);
      else {
        const values = new Float32Array(elements);
        dequantize(tensor.type, bytes, values);
        quantizeBlocks(values, bits, blockSize, packed, pieceScales);
      }
      scales.push(bytesOf(pieceScales));
      yield packed;
    }
  }
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
