/** Parses the head of a GGUF file: metadata and the list of tensors. Nothing that it reads is believed unchecked. */
import { HeaderInvalid, HeaderReader } from "./gguf-reader.ts";
import { defaultAlignment, ggufMagic, otherTensorTypes, tensorTypeNumbers } from "./gguf-types.ts";
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

// Larger than any model that is known, small enough to be harmless.
const limits = { keys: 65_536, tensors: 65_536, nameBytes: 65_536 };

/** A tensor before it is known where the data starts: `offset` counts from there. */
type FoundTensor = Omit<GgufTensor, "start"> & { readonly offset: number };

/**
 * Parses the first `bytes` of a file of `fileBytes`.
 * Throws HeaderIncomplete when more bytes are needed, HeaderInvalid when no more bytes would help.
 */
export function parseGgufHeader(bytes: Uint8Array, fileBytes: number): GgufHeader {
  const reader = new HeaderReader(bytes, fileBytes);
  if (reader.uint32() !== ggufMagic) {
    throw new HeaderInvalid("it is not a GGUF file (its first four bytes are not GGUF)");
  }
  const version = reader.uint32();
  if (version !== 2 && version !== 3) {
    throw new HeaderInvalid(`it is GGUF version ${version}; versions 2 and 3 can be read`);
  }
  const tensorCount = reader.count("tensors", limits.tensors, 24);
  const keyCount = reader.count("metadata keys", limits.keys, 13);

  const metadata: Record<string, unknown> = Object.create(null);
  for (let i = 0; i < keyCount; i++) {
    const key = reader.string("a metadata key", limits.nameBytes);
    metadata[key] = reader.value(key);
  }
  const found: FoundTensor[] = [];
  for (let i = 0; i < tensorCount; i++) found.push(readTensor(reader));
  return { metadata, tensors: placeTensors(found, reader.at, alignmentOf(metadata), fileBytes) };
}

function readTensor(reader: HeaderReader): FoundTensor {
  const name = reader.string("a tensor name", limits.nameBytes);
  const axes = reader.uint32();
  if (axes < 1 || axes > 4) throw new HeaderInvalid(`the tensor "${name}" has ${axes} axes; 1 to 4 are possible`);
  // GGUF counts axes from the innermost.
  const shape = Array.from({ length: axes }, () => reader.uint64()).reverse();
  return { name, ...measure(name, shape, reader.uint32()), offset: reader.uint64() };
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
  found: readonly FoundTensor[],
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
