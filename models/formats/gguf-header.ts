/** Parses the head of a GGUF file: metadata and the list of tensors. Nothing that it reads is believed unchecked. */
import { defaultAlignment, ggufMagic, otherTensorTypes, tensorTypeNumbers, valueType } from "./gguf-types.ts";
import type { SourceTensor } from "./model-source.ts";
import { type TensorType, tensorTypes } from "./tensor-type.ts";

/** Metadata by key, arrays complete. 64-bit integers beyond 2^53 are bigints. */
export type GgufMetadata = Readonly<Record<string, unknown>>;

/** A tensor and where it lies in the file, bytes from its start. */
export interface GgufTensor extends SourceTensor {
  readonly start: number;
}

export interface GgufHeader {
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/** The header goes on behind the bytes that were given. */
export class HeaderIncomplete extends Error {}

/** The header contradicts itself or the format; the message goes on after "…: ". */
export class HeaderInvalid extends Error {}

// Larger than any model that is known, small enough to be harmless.
const limits = { keys: 65_536, tensors: 65_536, arrayLength: 4_194_304, nameBytes: 65_536, stringBytes: 16_777_216 };

const decoder = new TextDecoder();

/**
 * Parses the first `bytes` of a file of `fileBytes`.
 * Throws HeaderIncomplete when more bytes are needed, HeaderInvalid when no more bytes would help.
 */
export function parseGgufHeader(bytes: Uint8Array, fileBytes: number): GgufHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  function take(length: number): number {
    if (at + length > fileBytes) throw new HeaderInvalid("it ends in the middle of its header");
    if (at + length > bytes.length) throw new HeaderIncomplete();
    at += length;
    return at - length;
  }
  const uint32 = () => view.getUint32(take(4), true);
  function uint64(): number {
    const value = view.getBigUint64(take(8), true);
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(value);
  }
  function count(what: string, limit: number, minimumBytes: number): number {
    const value = uint64();
    if (value > limit) throw new HeaderInvalid(`it claims ${value} ${what}; at most ${limit} are possible`);
    if (at + value * minimumBytes > fileBytes) {
      throw new HeaderInvalid(`it claims ${value} ${what}, more than a file of ${fileBytes} bytes can hold`);
    }
    return value;
  }
  function string(what: string, limit: number): string {
    const length = count(`bytes of ${what}`, limit, 1);
    const start = take(length);
    return decoder.decode(bytes.subarray(start, start + length));
  }
  function integer64(value: bigint): number | bigint {
    return BigInt.asIntN(54, value) === value ? Number(value) : value;
  }
  function scalar(type: number, key: string): unknown {
    switch (type) {
      case valueType.uint8:
        return view.getUint8(take(1));
      case valueType.int8:
        return view.getInt8(take(1));
      case valueType.uint16:
        return view.getUint16(take(2), true);
      case valueType.int16:
        return view.getInt16(take(2), true);
      case valueType.uint32:
        return view.getUint32(take(4), true);
      case valueType.int32:
        return view.getInt32(take(4), true);
      case valueType.float32:
        return view.getFloat32(take(4), true);
      case valueType.bool:
        return view.getUint8(take(1)) !== 0;
      case valueType.string:
        return string(`text in "${key}"`, limits.stringBytes);
      case valueType.uint64:
        return integer64(view.getBigUint64(take(8), true));
      case valueType.int64:
        return integer64(view.getBigInt64(take(8), true));
      case valueType.float64:
        return view.getFloat64(take(8), true);
      default:
        throw new HeaderInvalid(`the metadata "${key}" has the unknown type ${type}`);
    }
  }
  function value(key: string): unknown {
    const type = uint32();
    if (type !== valueType.array) return scalar(type, key);
    const elementType = uint32();
    if (elementType === valueType.array) throw new HeaderInvalid(`the metadata "${key}" is an array of arrays`);
    const length = count(`elements of "${key}"`, limits.arrayLength, elementType === valueType.string ? 8 : 1);
    const values: unknown[] = [];
    for (let i = 0; i < length; i++) values.push(scalar(elementType, key));
    return values;
  }

  if (uint32() !== ggufMagic) throw new HeaderInvalid("it is not a GGUF file (its first four bytes are not GGUF)");
  const version = uint32();
  if (version !== 2 && version !== 3) {
    throw new HeaderInvalid(`it is GGUF version ${version}; versions 2 and 3 can be read`);
  }
  const tensorCount = count("tensors", limits.tensors, 24);
  const keyCount = count("metadata keys", limits.keys, 13);

  const metadata: Record<string, unknown> = Object.create(null);
  for (let i = 0; i < keyCount; i++) {
    const key = string("a metadata key", limits.nameBytes);
    metadata[key] = value(key);
  }
  const found: (Omit<GgufTensor, "start"> & { readonly offset: number })[] = [];
  for (let i = 0; i < tensorCount; i++) {
    const name = string("a tensor name", limits.nameBytes);
    const axes = uint32();
    if (axes < 1 || axes > 4) throw new HeaderInvalid(`the tensor "${name}" has ${axes} axes; 1 to 4 are possible`);
    // GGUF counts axes from the innermost.
    const shape = Array.from({ length: axes }, uint64).reverse();
    found.push({ name, ...measure(name, shape, uint32()), offset: uint64() });
  }
  return { metadata, tensors: placeTensors(found, at, alignmentOf(metadata), fileBytes) };
}

function alignmentOf(metadata: GgufMetadata): number {
  const alignment = metadata["general.alignment"] ?? defaultAlignment;
  if (
    typeof alignment !== "number" || !(alignment >= 8 && alignment <= 1_048_576) ||
    !Number.isInteger(Math.log2(alignment))
  ) {
    throw new HeaderInvalid(`its alignment is ${String(alignment)}; it must be a power of two from 8 to 1048576`);
  }
  return alignment;
}

/** Type, shape and size of a tensor. */
function measure(name: string, shape: readonly number[], number: number): Pick<GgufTensor, "type" | "shape" | "bytes"> {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (!(elements >= 1 && elements <= 2 ** 40)) {
    throw new HeaderInvalid(`the tensor "${name}" has the impossible shape [${shape.join(", ")}]`);
  }
  const type = (Object.keys(tensorTypeNumbers) as TensorType[]).find((key) => tensorTypeNumbers[key] === number);
  if (type === undefined) {
    return { type: { unreadable: otherTensorTypes[number] ?? `number ${number}` }, shape, bytes: 0 };
  }
  const unit = tensorTypes[type];
  if ((shape.at(-1) ?? 0) % unit.elements !== 0) {
    throw new HeaderInvalid(
      `the tensor "${name}" has rows of ${shape.at(-1)} elements, but ${type} comes in blocks of ${unit.elements}`,
    );
  }
  return { type, shape, bytes: (elements / unit.elements) * unit.bytes };
}

function placeTensors(
  found: readonly (Omit<GgufTensor, "start"> & { readonly offset: number })[],
  headerBytes: number,
  alignment: number,
  fileBytes: number,
): ReadonlyMap<string, GgufTensor> {
  const dataStart = Math.ceil(headerBytes / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const { offset, ...tensor } of found) {
    const { name, bytes } = tensor;
    if (tensors.has(name)) throw new HeaderInvalid(`it has two tensors called "${name}"`);
    const start = dataStart + offset;
    if (offset % alignment !== 0) {
      throw new HeaderInvalid(`the tensor "${name}" starts at ${offset}, not at a multiple of ${alignment}`);
    }
    if (start + bytes > fileBytes) {
      throw new HeaderInvalid(
        `the tensor "${name}" would end at byte ${start + bytes}, but the file has ${fileBytes} bytes`,
      );
    }
    tensors.set(name, { ...tensor, start });
  }
  return tensors;
}
