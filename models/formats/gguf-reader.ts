/** Reads the values that a GGUF header is made of, one after the other. Nothing that it reads is believed unchecked. */
import { valueType } from "./gguf-types.ts";

/** The header goes on behind the bytes that were given. */
export class HeaderIncomplete extends Error {}

/** The header contradicts itself or the format; the message goes on after "…: ". */
export class HeaderInvalid extends Error {}

// Larger than in any model that is known, small enough to be harmless.
const limits = { arrayLength: 4_194_304, stringBytes: 16_777_216 };

const decoder = new TextDecoder();

/**
 * Stands at the start of a header of which the first `bytes` are there, in a file of `fileBytes`. All of its readings throw
 * HeaderIncomplete when more bytes are needed, HeaderInvalid when no more bytes would help.
 */
export class HeaderReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fileBytes: number;
  #at = 0;

  constructor(bytes: Uint8Array, fileBytes: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fileBytes = fileBytes;
  }

  /** Bytes read so far. */
  get at(): number {
    return this.#at;
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** Infinity where the number is not exact as a double: larger than anything that can be. */
  uint64(): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(value);
  }

  /** The number of things that follow, each of which takes `minimumBytes` at the least. */
  count(what: string, limit: number, minimumBytes: number): number {
    const value = this.uint64();
    if (value > limit) throw new HeaderInvalid(`it claims ${value} ${what}; at most ${limit} are possible`);
    if (this.#at + value * minimumBytes > this.#fileBytes) {
      throw new HeaderInvalid(`it claims ${value} ${what}, more than a file of ${this.#fileBytes} bytes can hold`);
    }
    return value;
  }

  string(what: string, limit: number): string {
    const length = this.count(`bytes of ${what}`, limit, 1);
    const start = this.#take(length);
    return decoder.decode(this.#bytes.subarray(start, start + length));
  }

  /** A metadata value with its type before it; `key` is for errors. Integers beyond 2^53 are bigints. */
  value(key: string): unknown {
    const type = this.uint32();
    if (type !== valueType.array) return this.#scalar(type, key);
    const elementType = this.uint32();
    if (elementType === valueType.array) throw new HeaderInvalid(`the metadata "${key}" is an array of arrays`);
    const length = this.count(`elements of "${key}"`, limits.arrayLength, elementType === valueType.string ? 8 : 1);
    const values: unknown[] = [];
    for (let i = 0; i < length; i++) values.push(this.#scalar(elementType, key));
    return values;
  }

  #scalar(type: number, key: string): unknown {
    switch (type) {
      case valueType.uint8:
        return this.#view.getUint8(this.#take(1));
      case valueType.int8:
        return this.#view.getInt8(this.#take(1));
      case valueType.uint16:
        return this.#view.getUint16(this.#take(2), true);
      case valueType.int16:
        return this.#view.getInt16(this.#take(2), true);
      case valueType.uint32:
        return this.#view.getUint32(this.#take(4), true);
      case valueType.int32:
        return this.#view.getInt32(this.#take(4), true);
      case valueType.float32:
        return this.#view.getFloat32(this.#take(4), true);
      case valueType.bool:
        return this.#view.getUint8(this.#take(1)) !== 0;
      case valueType.string:
        return this.string(`text in "${key}"`, limits.stringBytes);
      case valueType.uint64:
        return integer64(this.#view.getBigUint64(this.#take(8), true));
      case valueType.int64:
        return integer64(this.#view.getBigInt64(this.#take(8), true));
      case valueType.float64:
        return this.#view.getFloat64(this.#take(8), true);
      default:
        throw new HeaderInvalid(`the metadata "${key}" has the unknown type ${type}`);
    }
  }

  /** Goes on by `length` bytes; returns where they start. */
  #take(length: number): number {
    if (this.#at + length > this.#fileBytes) throw new HeaderInvalid("it ends in the middle of its header");
    if (this.#at + length > this.#bytes.length) throw new HeaderIncomplete();
    this.#at += length;
    return this.#at - length;
  }
}

function integer64(value: bigint): number | bigint {
  return BigInt.asIntN(54, value) === value ? Number(value) : value;
}
