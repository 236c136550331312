/** Writes GGUF files, tensor by tensor, so that a model larger than memory can be made. */
import { open } from "node:fs/promises";
import { defaultAlignment, ggufMagic, tensorTypeNumbers, valueType } from "./gguf-types.ts";
import { type TensorType, typedBytes } from "./tensor-type.ts";

/** A metadata value with its type, or a plain one: text, truth, or a list of texts. */
export type GgufValue =
  | string
  | boolean
  | readonly string[]
  | { readonly type: "uint32" | "int32" | "float32" | "uint64"; readonly value: number | readonly number[] };

export interface GgufTensorToWrite {
  readonly name: string;
  readonly type: TensorType;
  /** Outermost first: `[rows, columns]`. */
  readonly shape: readonly number[];
  /** The tensor's bytes, in pieces of any size. Called once, when its turn comes. */
  readonly content: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

export interface WriteGgufOptions {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly GgufTensorToWrite[];
}

/** Writes a GGUF file (version 3, alignment 32). Throws RangeError when a tensor's content has not the size of its shape. */
export async function writeGguf(path: string, { metadata, tensors }: WriteGgufOptions): Promise<void> {
  const file = await open(path, "w");
  try {
    let at = 0;
    const write = async (bytes: Uint8Array) => {
      for (let done = 0; done < bytes.length;) {
        done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
      }
      at += bytes.length;
    };
    await write(header(metadata, tensors));
    await write(new Uint8Array(padding(at)));
    for (const { name, type, shape, content } of tensors) {
      const start = at;
      for await (const piece of content()) await write(piece);
      const wanted = tensorBytes(type, shape);
      if (at - start !== wanted) {
        throw new RangeError(
          `Cannot write tensor "${name}": its content has ${at - start} bytes, its shape needs ${wanted}`,
        );
      }
      await write(new Uint8Array(padding(at)));
    }
  } finally {
    await file.close();
  }
}

function tensorBytes(type: TensorType, shape: readonly number[]): number {
  return typedBytes(type, shape.reduce((product, size) => product * size, 1));
}

function padding(at: number): number {
  return (defaultAlignment - (at % defaultAlignment)) % defaultAlignment;
}

function header(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensorToWrite[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  const number = (bytes: number, set: (view: DataView) => void) => {
    const piece = new Uint8Array(bytes);
    set(new DataView(piece.buffer));
    pieces.push(piece);
  };
  const uint32 = (value: number) => number(4, (view) => view.setUint32(0, value, true));
  const uint64 = (value: number) => number(8, (view) => view.setBigUint64(0, BigInt(value), true));
  const string = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    uint64(bytes.length);
    pieces.push(bytes);
  };
  const numeric = (type: "uint32" | "int32" | "float32" | "uint64", value: number) => {
    if (type === "uint64") uint64(value);
    else if (type === "float32") number(4, (view) => view.setFloat32(0, value, true));
    else number(4, (view) => view.setInt32(0, value, true));
  };
  const array = (type: number, length: number) => {
    uint32(valueType.array);
    uint32(type);
    uint64(length);
  };
  const write = (value: GgufValue) => {
    if (typeof value === "string") {
      uint32(valueType.string);
      string(value);
    } else if (typeof value === "boolean") {
      uint32(valueType.bool);
      pieces.push(Uint8Array.of(value ? 1 : 0));
    } else if ("type" in value) {
      const { type, value: content } = value;
      if (typeof content === "number") uint32(valueType[type]);
      else array(valueType[type], content.length);
      for (const element of typeof content === "number" ? [content] : content) numeric(type, element);
    } else {
      array(valueType.string, value.length);
      for (const text of value) string(text);
    }
  };

  uint32(ggufMagic);
  uint32(3);
  uint64(tensors.length);
  uint64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    string(key);
    write(value);
  }
  let offset = 0;
  for (const { name, type, shape } of tensors) {
    string(name);
    uint32(shape.length);
    for (const size of [...shape].reverse()) uint64(size);
    uint32(tensorTypeNumbers[type]);
    uint64(offset);
    const bytes = tensorBytes(type, shape);
    offset += bytes + padding(bytes);
  }
  return concatenate(pieces);
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
