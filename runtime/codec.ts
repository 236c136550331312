/**
 * Plain values to bytes and back: MessagePack for the structure, typed arrays beside it as they lie in memory.
 *
 * A frame is a header of 8 bytes (magic 0x53 0x6b, version, 0, length of the body as a little-endian u32), the body
 * (MessagePack, where a typed array is an extension that says its kind and its bytes), zeros up to a multiple of 8, and
 * the bytes of the typed arrays in the order of the body, each padded to a multiple of 8. So a decoded array is a view of
 * the frame, not a copy, whenever the frame itself is aligned. Typed arrays travel in little-endian order.
 */
import { addExtension, Packr, Unpackr } from "msgpackr";
import { type Announced, scan } from "./msgpack-scan.ts";

/** Bytes of a whole frame. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** Bytes of the body: the frame without its typed arrays. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** Objects and arrays within each other. */
export const MAX_DEPTH = 32;
/** Values in a body, keys included: a body of one-byte values must not become gigabytes of objects. */
export const MAX_VALUES = 1_000_000;
/** UTF-16 units of a property's name: at up to 3 bytes each the name's length fits the 16 bits that `scan` allows. */
const MAX_KEY = 21_845;

const MAGIC_0 = 0x53;
const MAGIC_1 = 0x6b;
const VERSION = 1;
const HEADER_BYTES = 8;

type TypedArray = Uint8Array | Uint16Array | Int32Array | Float32Array;

/** A MessagePack extension type is the place in this list plus one. Never reorder: other devices know the places. */
const KINDS = [Uint8Array, Uint16Array, Int32Array, Float32Array] as const;
const ELEMENT_BYTES: readonly number[] = KINDS.map((kind) => kind.BYTES_PER_ELEMENT);

// Without `useToJSON: false` an object with the properties "constructor" and "toJSON" would be called instead of written.
const packr = new Packr({ useRecords: false, useToJSON: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true });

/** The body's stand-in for a typed array. msgpackr keeps extensions for the whole process, so no public class is given. */
class Attached {
  readonly kind: number;
  readonly bytes: Uint8Array;
  constructor(kind: number, bytes: Uint8Array) {
    this.kind = kind;
    this.bytes = bytes;
  }
}
const subclasses = KINDS.map((_, kind) =>
  class extends Attached {
    constructor(bytes: Uint8Array) {
      super(kind, bytes);
    }
  }
);

/** The typed arrays of the frame that is being encoded, and those of the frame that is being decoded. */
let outgoing: Uint8Array[] = [];
let incoming: TypedArray[] = [];
let taken = 0;

/** Values of the frame that is being encoded, keys included, as `scan` will count them. */
let values = 0;

subclasses.forEach((Class, kind) =>
  addExtension({
    Class,
    type: kind + 1,
    pack(value: Attached) {
      outgoing.push(value.bytes);
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, value.bytes.byteLength);
      return length;
    },
    unpack: () => incoming[taken++],
  })
);

/**
 * Returns the frame for a plain value: null, booleans, numbers, strings, arrays, plain objects and the typed arrays
 * Uint8Array, Uint16Array (also the bits of float16), Int32Array and Float32Array. A property that is `undefined` is left
 * out, as in JSON. Throws a `TypeError` for anything else and a `RangeError` for what is too deep or too large.
 */
export function encode(value: unknown): Uint8Array {
  values = 0;
  const plain = lift(value, 0);
  outgoing = [];
  try {
    return assemble(packr.pack(plain), outgoing);
  } finally {
    outgoing = [];
  }
}

/**
 * Returns the value of a frame that came from anywhere. Typed arrays are views of `frame` where its alignment allows, so
 * the caller must not write to it again. Throws a `RangeError` or `TypeError` that says what was wrong with the frame;
 * whatever the bytes, it takes time and memory in proportion to their number.
 */
export function decode(frame: Uint8Array): unknown {
  if (frame.byteLength < HEADER_BYTES || frame.byteLength > MAX_FRAME_BYTES) {
    throw new RangeError(`decode: a frame has ${HEADER_BYTES} to ${MAX_FRAME_BYTES} bytes, not ${frame.byteLength}`);
  }
  if (frame[0] !== MAGIC_0 || frame[1] !== MAGIC_1) throw new TypeError("decode: this is not a frame (magic bytes)");
  if (frame[2] !== VERSION) throw new TypeError(`decode: frame version ${frame[2]} where ${VERSION} is spoken`);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const bodyBytes = view.getUint32(4, true);
  if (bodyBytes > MAX_BODY_BYTES || HEADER_BYTES + bodyBytes > frame.byteLength) {
    throw new RangeError(`decode: a body of ${bodyBytes} bytes in a frame of ${frame.byteLength}`);
  }
  const body = frame.subarray(HEADER_BYTES, HEADER_BYTES + bodyBytes);
  const attachments = scan(body, { depth: MAX_DEPTH, values: MAX_VALUES, elementBytes: ELEMENT_BYTES });
  incoming = views(frame, padded(HEADER_BYTES + bodyBytes), attachments);
  taken = 0;
  try {
    return unpackr.unpack(body);
  } finally {
    incoming = [];
  }
}

function assemble(body: Uint8Array, arrays: readonly Uint8Array[]): Uint8Array {
  if (body.byteLength > MAX_BODY_BYTES) {
    throw new RangeError(`encode: the value takes ${body.byteLength} bytes, at most ${MAX_BODY_BYTES} can travel`);
  }
  let total = HEADER_BYTES + body.byteLength;
  for (const bytes of arrays) total = padded(total) + bytes.byteLength;
  if (arrays.length > 0) total = padded(total);
  if (total > MAX_FRAME_BYTES) {
    throw new RangeError(`encode: the frame takes ${total} bytes, at most ${MAX_FRAME_BYTES}; send it in pieces`);
  }
  const frame = new Uint8Array(total);
  frame[0] = MAGIC_0;
  frame[1] = MAGIC_1;
  frame[2] = VERSION;
  new DataView(frame.buffer).setUint32(4, body.byteLength, true);
  frame.set(body, HEADER_BYTES);
  let offset = HEADER_BYTES + body.byteLength;
  for (const bytes of arrays) {
    offset = padded(offset);
    frame.set(bytes, offset);
    offset += bytes.byteLength;
  }
  return frame;
}

/** The typed arrays that the body announces, checked to fill the rest of the frame exactly. */
function views(frame: Uint8Array, start: number, attachments: readonly Announced[]): TypedArray[] {
  let offset = start;
  const arrays = attachments.map(({ kind, bytes }) => {
    const Kind = KINDS[kind];
    const end = offset + bytes;
    if (Kind === undefined || end > frame.byteLength) {
      throw new RangeError(`decode: a typed array of ${bytes} bytes reaches past the end of the frame`);
    }
    const position = frame.byteOffset + offset;
    const elements = bytes / Kind.BYTES_PER_ELEMENT;
    const array = position % Kind.BYTES_PER_ELEMENT === 0
      ? new Kind(frame.buffer as ArrayBuffer, position, elements)
      : new Kind(frame.buffer.slice(position, position + bytes) as ArrayBuffer);
    offset = padded(end);
    return array;
  });
  const end = arrays.length > 0
    ? offset
    : HEADER_BYTES + new DataView(frame.buffer, frame.byteOffset).getUint32(4, true);
  if (end !== frame.byteLength) {
    throw new RangeError(`decode: the frame has ${frame.byteLength} bytes, its contents ${end}`);
  }
  return arrays;
}

/** Checks that a value may travel and puts stand-ins where typed arrays are; copies only the way to them. */
function lift(value: unknown, depth: number): unknown {
  // Whatever `decode` would refuse for its size is refused here, where the sender can be told.
  if (++values > MAX_VALUES) throw new RangeError(`encode: more than ${MAX_VALUES} values; send them in pieces`);
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    case "object":
      break;
    default:
      throw new TypeError(`encode: ${describe(value)} cannot travel; send plain data`);
  }
  if (value === null) return value;
  if (ArrayBuffer.isView(value)) return attach(value);
  if (depth >= MAX_DEPTH) throw new RangeError(`encode: the value is nested more than ${MAX_DEPTH} deep`);
  if (Array.isArray(value)) return liftArray(value, depth);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`encode: ${describe(value)} cannot travel; send plain data`);
  }
  return liftObject(value as Readonly<Record<string, unknown>>, depth);
}

function liftArray(array: readonly unknown[], depth: number): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < array.length; i++) {
    const item = array[i];
    const lifted = lift(item, depth + 1);
    if (lifted !== item) (copy ??= [...array])[i] = lifted;
  }
  return copy ?? array;
}

function liftObject(object: Readonly<Record<string, unknown>>, depth: number): Readonly<Record<string, unknown>> {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(object)) {
    if (key === "__proto__") throw new TypeError('encode: a property named "__proto__" cannot travel');
    const item = object[key];
    if (item === undefined) {
      delete (copy ??= { ...object })[key];
      continue;
    }
    if (key.length > MAX_KEY) throw new RangeError(`encode: a property's name of ${key.length} characters`);
    values++;
    const lifted = lift(item, depth + 1);
    if (lifted !== item) (copy ??= { ...object })[key] = lifted;
  }
  return copy ?? object;
}

function attach(view: ArrayBufferView): Attached {
  const kind = KINDS.findIndex((Kind) => view instanceof Kind);
  const Class = subclasses[kind];
  if (Class === undefined) throw new TypeError(`encode: ${describe(view)} cannot travel; use one of the four kinds`);
  return new Class(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}

function describe(value: unknown): string {
  if (typeof value !== "object" || value === null) return `a value of type ${typeof value}`;
  return `an object of class ${value.constructor?.name ?? "unknown"}`;
}

function padded(bytes: number): number {
  return (bytes + 7) & ~7;
}
