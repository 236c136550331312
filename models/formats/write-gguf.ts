/** Writes GGUF files, tensor by tensor, so that a model larger than memory can be made. */
import { open } from "node:fs/promises";
import { defaultAlignment, ggufMagic, tensorTypeNumbers, valueType } from "./gguf-types.ts";
import { type TensorType, typedBytes } from "./tensor-type.ts";

/** A metadata value with its type, or a plain one: text, truth, or a list of texts. */
export type GgufValue =
  | string
  | boolean
  | readonly string[]
  | { readonly type: NumericType; readonly value: number | readonly number[] };

type NumericType = "uint32" | "int32" | "float32" | "uint64";

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
  const writer = new HeaderWriter();
  writer.uint32(ggufMagic);
  writer.uint32(3);
  writer.uint64(tensors.length);
  writer.uint64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    writer.string(key);
    writer.value(value);
  }
  let offset = 0;
  for (const { name, type, shape } of tensors) {
    writer.string(name);
    writer.uint32(shape.length);
    for (const size of [...shape].reverse()) writer.uint64(size);
    writer.uint32(tensorTypeNumbers[type]);
    writer.uint64(offset);
    const bytes = tensorBytes(type, shape);
    offset += bytes + padding(bytes);
  }
  return writer.bytes();
}

/** Puts the values that a header is made of one behind the other. */
class HeaderWriter {
  readonly #pieces: Uint8Array[] = [];

  bytes(): Uint8Array {
    return concatenate(this.#pieces);
  }

  uint32(value: number): void {
    this.#number(4, (view) => view.setUint32(0, value, true));
  }

  uint64(value: number): void {
    this.#number(8, (view) => view.setBigUint64(0, BigInt(value), true));
  }

  string(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.uint64(bytes.length);
    this.#pieces.push(bytes);
  }

  /** A metadata value, its type before it. */
  value(value: GgufValue): void {
    if (typeof value === "string") {
      this.uint32(valueType.string);
      this.string(value);
    } else if (typeof value === "boolean") {
      this.uint32(valueType.bool);
      this.#pieces.push(Uint8Array.of(value ? 1 : 0));
    } else if ("type" in value) {
      const { type, value: content } = value;
      if (typeof content === "number") this.uint32(valueType[type]);
      else this.#array(valueType[type], content.length);
      for (const element of typeof content === "number" ? [content] : content) this.#numeric(type, element);
    } else {
      this.#array(valueType.string, value.length);
      for (const text of value) this.string(text);
    }
  }

  /** What stands before the elements of an array. */
  #array(type: number, length: number): void {
    this.uint32(valueType.array);
    this.uint32(type);
    this.uint64(length);
  }

  #numeric(type: NumericType, value: number): void {
    if (type === "uint64") this.uint64(value);
    else if (type === "float32") this.#number(4, (view) => view.setFloat32(0, value, true));
    else this.#number(4, (view) => view.setInt32(0, value, true));
  }

  #number(bytes: number, set: (view: DataView) => void): void {
    const piece = new Uint8Array(bytes);
    set(new DataView(piece.buffer));
    this.#pieces.push(piece);
  }
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
