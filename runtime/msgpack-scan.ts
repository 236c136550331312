/**
 * Walks a MessagePack body without building anything, so that a decoder only ever sees bodies that are well formed,
 * bounded, and free of what this project does not use: foreign extensions, 64-bit integers, keys that are not strings.
 * Source: the MessagePack specification, https://github.com/msgpack/msgpack/blob/master/spec.md
 */

/** What a body may hold at most, and the element size of each kind of typed array (kind = extension type - 1). */
export interface ScanLimits {
  readonly depth: number;
  readonly values: number;
  readonly elementBytes: readonly number[];
}

/** A typed array that the body announces; its bytes stand behind the body. */
export interface Announced {
  readonly kind: number;
  readonly bytes: number;
}

const PROTO = new TextEncoder().encode("__proto__");

/** Returns the typed arrays of `body` in order. Throws a `TypeError` or `RangeError` if the body is not acceptable. */
export function scan(body: Uint8Array, limits: ScanLimits): Announced[] {
  return new Scanner(body, limits).scan();
}

class Scanner {
  readonly #body: Uint8Array;
  readonly #limits: ScanLimits;
  readonly #announced: Announced[] = [];
  #position = 0;
  #values = 0;

  constructor(body: Uint8Array, limits: ScanLimits) {
    this.#body = body;
    this.#limits = limits;
  }

  scan(): Announced[] {
    this.#value(0);
    if (this.#left > 0) throw new RangeError(`decode: ${this.#left} bytes after the value`);
    return this.#announced;
  }

  get #left(): number {
    return this.#body.byteLength - this.#position;
  }

  #value(depth: number): void {
    this.#count();
    const token = this.#unsigned(1);
    if (token < 0x80 || token >= 0xe0) return;
    if (token < 0x90) return this.#map(token & 0x0f, depth);
    if (token < 0xa0) return this.#array(token & 0x0f, depth);
    if (token < 0xc0) return this.#skip(token & 0x1f);
    switch (token) {
      case 0xc0: // nil, false, true
      case 0xc2:
      case 0xc3:
        return;
      case 0xca: // float and integers up to 32 bits
      case 0xce:
      case 0xd2:
        return this.#skip(4);
      case 0xcb:
        return this.#skip(8);
      case 0xcc:
      case 0xd0:
        return this.#skip(1);
      case 0xcd:
      case 0xd1:
        return this.#skip(2);
      case 0xd6:
        return this.#typedArray();
      case 0xd9: // strings
        return this.#skip(this.#unsigned(1));
      case 0xda:
        return this.#skip(this.#unsigned(2));
      case 0xdb:
        return this.#skip(this.#unsigned(4));
      case 0xdc:
        return this.#array(this.#unsigned(2), depth);
      case 0xdd:
        return this.#array(this.#unsigned(4), depth);
      case 0xde:
        return this.#map(this.#unsigned(2), depth);
      case 0xdf:
        return this.#map(this.#unsigned(4), depth);
      default:
        throw new TypeError(`decode: MessagePack type 0x${token.toString(16)} is not used here`);
    }
  }

  #array(length: number, depth: number): void {
    this.#enter(length, depth);
    for (let i = 0; i < length; i++) this.#value(depth + 1);
  }

  #map(length: number, depth: number): void {
    this.#enter(length * 2, depth);
    for (let i = 0; i < length; i++) {
      this.#key();
      this.#value(depth + 1);
    }
  }

  #key(): void {
    const token = this.#unsigned(1);
    if (token >= 0xa0 && token < 0xc0) return this.#name(token & 0x1f);
    if (token === 0xd9) return this.#name(this.#unsigned(1));
    if (token === 0xda) return this.#name(this.#unsigned(2));
    throw new TypeError(`decode: the key of an object must be a string, not MessagePack type 0x${token.toString(16)}`);
  }

  #name(length: number): void {
    this.#count();
    const start = this.#position;
    this.#skip(length);
    if (length !== PROTO.length || PROTO.some((byte, i) => this.#body[start + i] !== byte)) return;
    throw new TypeError('decode: a property named "__proto__" is refused');
  }

  #typedArray(): void {
    const kind = this.#unsigned(1) - 1;
    const bytes = this.#unsigned(4);
    const element = this.#limits.elementBytes[kind];
    if (element === undefined) throw new TypeError(`decode: MessagePack extension ${kind + 1} is not used here`);
    if (bytes % element !== 0) throw new RangeError(`decode: ${bytes} bytes are no array of ${element}-byte elements`);
    this.#announced.push({ kind, bytes });
  }

  /** One more value or name of a property. */
  #count(): void {
    if (++this.#values <= this.#limits.values) return;
    throw new RangeError(`decode: more than ${this.#limits.values} values in a frame`);
  }

  #enter(items: number, depth: number): void {
    if (depth >= this.#limits.depth) {
      throw new RangeError(`decode: the value is nested more than ${this.#limits.depth} deep`);
    }
    // Every item takes a byte at least: a length beyond the bytes that are left is a lie.
    if (items > this.#left) throw new RangeError(`decode: ${items} items announced, the bytes end before`);
  }

  #unsigned(bytes: number): number {
    let result = 0;
    for (let i = 0; i < bytes; i++) result = result * 256 + (this.#body[this.#position + i] ?? ended());
    this.#position += bytes;
    return result;
  }

  #skip(bytes: number): void {
    if (bytes > this.#left) ended();
    this.#position += bytes;
  }
}

function ended(): never {
  throw new RangeError("decode: the bytes end in the middle of a value");
}
