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
  const announced: Announced[] = [];
  let position = 0;
  let values = 0;
  value(0);
  if (position !== body.byteLength) throw new RangeError(`decode: ${body.byteLength - position} bytes after the value`);
  return announced;

  function value(depth: number): void {
    if (++values > limits.values) throw new RangeError(`decode: more than ${limits.values} values in a frame`);
    const token = unsigned(1);
    if (token < 0x80 || token >= 0xe0) return;
    if (token < 0x90) return map(token & 0x0f, depth);
    if (token < 0xa0) return array(token & 0x0f, depth);
    if (token < 0xc0) return skip(token & 0x1f);
    switch (token) {
      case 0xc0: // nil, false, true
      case 0xc2:
      case 0xc3:
        return;
      case 0xca: // float and integers up to 32 bits
      case 0xce:
      case 0xd2:
        return skip(4);
      case 0xcb:
        return skip(8);
      case 0xcc:
      case 0xd0:
        return skip(1);
      case 0xcd:
      case 0xd1:
        return skip(2);
      case 0xd6:
        return typedArray();
      case 0xd9: // strings
        return skip(unsigned(1));
      case 0xda:
        return skip(unsigned(2));
      case 0xdb:
        return skip(unsigned(4));
      case 0xdc:
        return array(unsigned(2), depth);
      case 0xdd:
        return array(unsigned(4), depth);
      case 0xde:
        return map(unsigned(2), depth);
      case 0xdf:
        return map(unsigned(4), depth);
      default:
        throw new TypeError(`decode: MessagePack type 0x${token.toString(16)} is not used here`);
    }
  }

  function array(length: number, depth: number): void {
    enter(length, depth);
    for (let i = 0; i < length; i++) value(depth + 1);
  }

  function map(length: number, depth: number): void {
    enter(length * 2, depth);
    for (let i = 0; i < length; i++) {
      key();
      value(depth + 1);
    }
  }

  function key(): void {
    const token = unsigned(1);
    if (token >= 0xa0 && token < 0xc0) return name(token & 0x1f);
    if (token === 0xd9) return name(unsigned(1));
    if (token === 0xda) return name(unsigned(2));
    throw new TypeError(`decode: the key of an object must be a string, not MessagePack type 0x${token.toString(16)}`);
  }

  function name(length: number): void {
    if (++values > limits.values) throw new RangeError(`decode: more than ${limits.values} values in a frame`);
    const start = position;
    skip(length);
    if (length !== PROTO.length || PROTO.some((byte, i) => body[start + i] !== byte)) return;
    throw new TypeError('decode: a property named "__proto__" is refused');
  }

  function typedArray(): void {
    const kind = unsigned(1) - 1;
    const bytes = unsigned(4);
    const element = limits.elementBytes[kind];
    if (element === undefined) throw new TypeError(`decode: MessagePack extension ${kind + 1} is not used here`);
    if (bytes % element !== 0) throw new RangeError(`decode: ${bytes} bytes are no array of ${element}-byte elements`);
    announced.push({ kind, bytes });
  }

  function enter(items: number, depth: number): void {
    if (depth >= limits.depth) throw new RangeError(`decode: the value is nested more than ${limits.depth} deep`);
    // Every item takes a byte at least: a length beyond the bytes that are left is a lie.
    if (items > body.byteLength - position) {
      throw new RangeError(`decode: ${items} items announced, the bytes end before`);
    }
  }

  function unsigned(bytes: number): number {
    let result = 0;
    for (let i = 0; i < bytes; i++) result = result * 256 + (body[position + i] ?? ended());
    position += bytes;
    return result;
  }

  function skip(bytes: number): void {
    if (bytes > body.byteLength - position) ended();
    position += bytes;
  }

  function ended(): never {
    throw new RangeError("decode: the bytes end in the middle of a value");
  }
}
