/**
 * Small plain values as bytes in memory that two threads of one process share. Both sides run this code, so a letter is only
 * ever read by what wrote it: unlike frames of the network (`runtime/codec.ts`) its bytes are not validated.
 *
 * A value is a tag of one byte and what the tag asks for. Numbers are float64, lengths u32, typed arrays start at a multiple
 * of 8 bytes.
 */

const UNDEFINED = 0;
const NULL = 1;
const FALSE = 2;
const TRUE = 3;
const NUMBER = 4;
const STRING = 5;
const LIST = 6;
const RECORD = 7;
/** The first of the typed arrays, in the order of `KINDS`. */
const ARRAY = 8;
const KINDS = [Uint8Array, Uint16Array, Int32Array, Float32Array, Float64Array] as const;

/** Lists and records within each other: steps have four, and what is deeper goes another way. */
const MAX_DEPTH = 16;

/** Thrown and caught in this file: the value is no letter. */
const UNFIT = Symbol("unfit");

/** Writes values into `buffer`, one at a time. */
export class LetterWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(buffer: ArrayBufferLike, offset: number, length: number) {
    this.#bytes = new Uint8Array(buffer, offset, length);
    this.#view = new DataView(buffer, offset, length);
  }

  /**
   * Writes a value over the last one. Returns false where it does not fit, or holds what has no tag (such as a class's
   * instance): then nothing can be read.
   */
  write(value: unknown): boolean {
    this.#at = 0;
    try {
      this.#value(value, 0);
      return true;
    } catch (error) {
      // A view throws a RangeError where it ends.
      if (error === UNFIT || error instanceof RangeError) return false;
      throw error;
    }
  }

  #value(value: unknown, depth: number): void {
    switch (typeof value) {
      case "undefined":
        return this.#tag(UNDEFINED);
      case "boolean":
        return this.#tag(value ? TRUE : FALSE);
      case "number":
        this.#tag(NUMBER);
        this.#view.setFloat64(this.#at, value);
        this.#at += 8;
        return;
      case "string":
        this.#tag(STRING);
        return this.#text(value);
      case "object":
        return value === null ? this.#tag(NULL) : this.#object(value, depth);
      default:
        throw UNFIT;
    }
  }

  #object(value: object, depth: number): void {
    if (ArrayBuffer.isView(value)) return this.#array(value);
    if (depth >= MAX_DEPTH) throw UNFIT;
    if (Array.isArray(value)) {
      this.#tag(LIST);
      this.#length(value.length);
      for (const item of value) this.#value(item, depth + 1);
      return;
    }
    if (Object.getPrototypeOf(value) !== Object.prototype) throw UNFIT;
    const keys = Object.keys(value);
    this.#tag(RECORD);
    this.#length(keys.length);
    for (const key of keys) {
      this.#text(key);
      this.#value((value as Readonly<Record<string, unknown>>)[key], depth + 1);
    }
  }

  #array(value: ArrayBufferView): void {
    const kind = KINDS.findIndex((Kind) => value.constructor === Kind);
    if (kind === -1) throw UNFIT;
    this.#tag(ARRAY + kind);
    this.#length(value.byteLength);
    const begin = (this.#at + 7) & ~7;
    if (begin + value.byteLength > this.#bytes.length) throw UNFIT;
    this.#bytes.set(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), begin);
    this.#at = begin + value.byteLength;
  }

  #text(text: string): void {
    this.#length(text.length);
    if (this.#at + 2 * text.length > this.#bytes.length) throw UNFIT;
    for (let index = 0; index < text.length; index++, this.#at += 2) {
      this.#view.setUint16(this.#at, text.charCodeAt(index));
    }
  }

  #tag(tag: number): void {
    this.#view.setUint8(this.#at++, tag);
  }

  #length(length: number): void {
    this.#view.setUint32(this.#at, length);
    this.#at += 4;
  }
}

/** Reads what a `LetterWriter` of the other thread has written to the same bytes. */
export class LetterReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(buffer: ArrayBufferLike, offset: number, length: number) {
    this.#bytes = new Uint8Array(buffer, offset, length);
    this.#view = new DataView(buffer, offset, length);
  }

  /** Returns the value that was written last; nothing of it is shared. */
  read(): unknown {
    this.#at = 0;
    return this.#value();
  }

  #value(): unknown {
    const tag = this.#view.getUint8(this.#at++);
    switch (tag) {
      case UNDEFINED:
        return undefined;
      case NULL:
        return null;
      case FALSE:
        return false;
      case TRUE:
        return true;
      case NUMBER:
        this.#at += 8;
        return this.#view.getFloat64(this.#at - 8);
      case STRING:
        return this.#text();
      case LIST: {
        const list: unknown[] = [];
        for (let left = this.#length(); left > 0; left--) list.push(this.#value());
        return list;
      }
      case RECORD: {
        const record: Record<string, unknown> = {};
        for (let left = this.#length(); left > 0; left--) {
          const key = this.#text();
          record[key] = this.#value();
        }
        return record;
      }
      default:
        return this.#array(tag - ARRAY);
    }
  }

  #array(kind: number): unknown {
    const Kind = KINDS[kind];
    if (Kind === undefined) throw new TypeError(`a letter with the unknown tag ${kind + ARRAY}`);
    const length = this.#length();
    const begin = (this.#at + 7) & ~7;
    this.#at = begin + length;
    // `slice` would copy into shared memory again.
    const own = new Uint8Array(length);
    own.set(this.#bytes.subarray(begin, begin + length));
    return new Kind(own.buffer);
  }

  #text(): string {
    const length = this.#length();
    let text = "";
    for (let index = 0; index < length; index++, this.#at += 2) {
      text += String.fromCharCode(this.#view.getUint16(this.#at));
    }
    return text;
  }

  #length(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4);
  }
}
