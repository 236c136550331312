import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decode, encode, MAX_BODY_BYTES, MAX_DEPTH, MAX_FRAME_BYTES, MAX_VALUES } from "../../runtime/codec.ts";

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double().filter((value) => !Object.is(value, -0)),
  fc.string({ unit: "binary" }),
  fc.uint8Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.float32Array(),
);
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie("value")),
    fc.dictionary(key(), tie("value"), { noNullPrototype: true }),
  ),
})).value;

function key(): fc.Arbitrary<string> {
  return fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("constructor", "toJSON", "length", "prototype"))
    .filter((name) => name !== "__proto__");
}

test("what is encoded is decoded as it was, also from a frame that is not aligned", () => {
  fc.assert(fc.property(plain, fc.nat(9), (value, offset) => {
    const frame = encode(value);
    const moved = new Uint8Array(frame.byteLength + offset);
    moved.set(frame, offset);
    assert.deepEqual(decode(moved.subarray(offset)), value);
  }));
});

test("typed arrays of an aligned frame are views of it", () => {
  const frame = encode({ odd: new Uint8Array(3), hidden: new Float32Array([1, 2, 3]), half: new Uint16Array(1) });
  const value = decode(frame) as Record<string, ArrayBufferView>;
  for (const array of Object.values(value)) assert.equal(array.buffer, frame.buffer);
  assert.equal((value["hidden"]?.byteOffset ?? 1) % 8, 0);
});

test("a part of a larger array travels as that part", () => {
  const whole = Float32Array.from({ length: 100 }, (_, i) => i);
  assert.deepEqual(decode(encode([whole.subarray(10, 12)])), [new Float32Array([10, 11])]);
});

test("properties that are undefined are left out, anything that is not plain is refused in words", () => {
  const value = { a: undefined, b: 1 };
  assert.deepEqual(decode(encode(value)), { b: 1 });
  assert.deepEqual(Object.keys(value), ["a", "b"]);
  const refused: [unknown, RegExp][] = [
    [undefined, /undefined/],
    [[undefined], /undefined/],
    [() => {}, /function/],
    [1n, /bigint/],
    [Symbol("x"), /symbol/],
    [new Date(), /class Date/],
    [new Map(), /class Map/],
    [new Float64Array(1), /class Float64Array/],
    [new (class Point {})(), /class Point/],
    [JSON.parse('{"__proto__": 1}'), /__proto__/],
  ];
  for (const [bad, message] of refused) assert.throws(() => encode(bad), message);
});

test("depth is bounded both ways", () => {
  const nest = (depth: number): unknown => depth === 0 ? 1 : [nest(depth - 1)];
  assert.deepEqual(decode(encode(nest(MAX_DEPTH))), nest(MAX_DEPTH));
  assert.throws(() => encode(nest(MAX_DEPTH + 1)), /nested more than/);
  const body = [...Array<number>(MAX_DEPTH + 1).fill(0x91), 1];
  assert.throws(() => decode(frameOf(body)), /nested more than/);
  assert.throws(() => decode(frameOf(Array<number>(100_000).fill(0x91))), /nested more than/);
});

test("what decode would refuse for its size encode refuses with a RangeError", () => {
  const most = new Array(MAX_VALUES - 1).fill(0);
  assert.equal((decode(encode(most)) as unknown[]).length, most.length);
  assert.throws(() => encode([...most, 0]), RangeError);
  assert.throws(() => encode([Object.fromEntries(most.slice(1, 500_002).map((_, n) => [n, 0]))]), RangeError);
  assert.equal(Object.keys(decode(encode({ ["€".repeat(21_845)]: 1 })) as object)[0]?.length, 21_845);
  assert.throws(() => encode({ ["€".repeat(21_846)]: 1 }), RangeError);
  assert.throws(() => encode("x".repeat(MAX_BODY_BYTES)), RangeError);
  assert.throws(() => encode(new Uint8Array(MAX_FRAME_BYTES)), RangeError);
});

/** A frame around a body of any bytes. */
function frameOf(body: readonly number[], after: readonly number[] = []): Uint8Array {
  const header = [0x53, 0x6b, 1, 0, ...new Uint8Array(new Uint32Array([body.length]).buffer)];
  return new Uint8Array([...header, ...body, ...after]);
}

const malformed: [string, Uint8Array, RegExp][] = [
  ["no bytes", new Uint8Array(), /8 to .* bytes, not 0/],
  ["another magic", new Uint8Array(16), /not a frame/],
  ["another version", new Uint8Array([0x53, 0x6b, 2, 0, 1, 0, 0, 0, 1]), /version 2 where 1/],
  ["a body beyond the frame", new Uint8Array([0x53, 0x6b, 1, 0, 9, 0, 0, 0, 1]), /body of 9 bytes/],
  ["an empty body", frameOf([]), /end in the middle/],
  ["a string beyond the body", frameOf([0xd9, 200, 65]), /end in the middle/],
  ["an array of four billion", frameOf([0xdd, 255, 255, 255, 255]), /the bytes end before/],
  ["a map of four billion", frameOf([0xdf, 255, 255, 255, 255]), /the bytes end before/],
  ["two values", frameOf([1, 2]), /1 bytes after/],
  ["bytes behind the body", frameOf([1], [0, 0, 0]), /the frame has 12 bytes/],
  ["a key that is a number", frameOf([0x81, 1, 1]), /key of an object/],
  ["the key __proto__", frameOf([0x81, 0xa9, ...new TextEncoder().encode("__proto__"), 0x80]), /__proto__/],
  ["MessagePack's own binary", frameOf([0xc4, 1, 1]), /0xc4 is not used/],
  ["a 64-bit integer", frameOf([0xcf, 0, 0, 0, 0, 0, 0, 0, 1]), /0xcf is not used/],
  ["msgpackr's record definition", frameOf([0xd4, 0x72, 0x40]), /0xd4 is not used/],
  ["msgpackr's bundled strings", frameOf([0xd6, 0x62, 0, 0, 0, 1]), /extension 98 is not used/],
  ["a typed array that is not there", frameOf([0xd6, 1, 0, 0, 0, 8]), /past the end/],
  ["a typed array of half an element", frameOf([0xd6, 4, 0, 0, 0, 3]), /no array of 4-byte elements/],
];
for (const [name, frame, message] of malformed) {
  test(`decode refuses ${name} in words`, () => assert.throws(() => decode(frame), message));
}

test("decode ends in a value or an error for any bytes, and never touches a prototype", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(255), { maxLength: 60 }), fc.array(fc.nat(255), { maxLength: 16 }), (body, rest) => {
      try {
        decode(frameOf(body, rest));
      } catch (error) {
        assert.ok(error instanceof RangeError || error instanceof TypeError, String(error));
      }
      assert.equal(Object.keys(Object.prototype).length, 0);
    }),
  );
});
