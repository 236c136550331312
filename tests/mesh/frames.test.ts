import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { createFrameDecoder, type Frame, FrameError, frameStart, HEADER_BYTES } from "../../runtime/mesh/frames.ts";
import { PIECE } from "../../runtime/mesh/limits.ts";
import { createOutbox } from "../../runtime/mesh/outbox.ts";

/** A stream that takes what `ready` allows and remembers everything. */
function fakeSink(): { write(bytes: Uint8Array): boolean; readonly written: Uint8Array[]; ready: boolean } {
  const written: Uint8Array[] = [];
  return {
    written,
    ready: true,
    write(bytes) {
      written.push(bytes.slice());
      return this.ready;
    },
  };
}

function decode(parts: Iterable<Uint8Array>, limit = 1 << 20): Frame[] {
  const frames: Frame[] = [];
  const decoder = createFrameDecoder(() => limit);
  for (const part of parts) decoder.push(part, (frame) => frames.push(frame));
  return frames;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

test("frames come out as they went in, however the bytes are cut", () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
  const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 });
  fc.assert(fc.property(payloads, cuts, (payloads, cuts) => {
    const sink = fakeSink();
    const outbox = createOutbox(sink, 1 << 20);
    for (const payload of payloads) assert.ok(outbox.send("payload", payload));
    const bytes = join(sink.written);
    const parts: Uint8Array[] = [];
    for (let at = 0, index = 0; at < bytes.length; index++) {
      const size = cuts[index % cuts.length] ?? 1;
      parts.push(bytes.subarray(at, at + size));
      at += size;
    }
    const frames = decode(parts);
    assert.deepEqual(frames.map(({ payload }) => payload), payloads);
    for (const { payload } of frames) assert.equal(payload.byteOffset % 8, 0);
  }));
});

test("a frame that is too large or of unknown kind is rejected before memory is taken for it", () => {
  const large = frameStart("payload", new Uint8Array(0), 5);
  new DataView(large.buffer).setUint32(0, 0xffffffff, true);
  assert.throws(() => decode([large]), FrameError);
  assert.throws(() => decode([Uint8Array.of(0, 0, 0, 0, 99)]), FrameError);
});

test("a large frame goes out in pieces that stop when the stream is full", () => {
  const sink = fakeSink();
  sink.ready = false;
  const outbox = createOutbox(sink, 1 << 20);
  const payload = new Uint8Array(5 * PIECE).map((_, index) => index % 251);
  assert.ok(outbox.send("payload", payload));
  assert.equal(sink.written.length, 1);
  sink.ready = true;
  outbox.writable();
  assert.ok(sink.written.every((piece) => piece.length <= PIECE));
  assert.deepEqual(decode(sink.written)[0]?.payload, payload);
  assert.equal(outbox.waitingBytes(), 0);
  assert.equal(outbox.takenBytes(), payload.length + HEADER_BYTES);
});

test("a full queue refuses, keeps what it has, and takes again when there is room", () => {
  const sink = fakeSink();
  sink.ready = false;
  const outbox = createOutbox(sink, 1_000);
  assert.ok(outbox.send("payload", Uint8Array.of(0)));
  let taken = 0;
  while (outbox.send("payload", new Uint8Array(95).fill(taken + 1))) taken++;
  assert.equal(taken, 10);
  assert.equal(sink.written.length, 1);
  sink.ready = true;
  outbox.writable();
  assert.deepEqual(decode(sink.written).map(({ payload }) => payload[0]), [...Array(11).keys()]);
  assert.ok(outbox.send("payload", new Uint8Array(95)));
});

test("an empty queue takes a frame larger than itself", () => {
  const sink = fakeSink();
  sink.ready = false;
  const outbox = createOutbox(sink, 10);
  assert.ok(outbox.send("payload", new Uint8Array(PIECE)));
  assert.equal(outbox.send("payload", new Uint8Array(1)), false);
});
