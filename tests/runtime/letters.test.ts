/** Letters between threads: what goes in comes out, and the two ways of a line keep one order. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { LetterBox, letterBoxMemory, LetterSlot } from "../../runtime/host/letter-box.ts";
import { boxesFor, createReceiver, createSender } from "../../runtime/host/letter-line.ts";
import { LetterReader, LetterWriter } from "../../runtime/host/letter.ts";
import { startThread } from "../../runtime/host/thread.ts";

const leaf = fc.oneof(
  fc.constant(undefined),
  fc.constant(null),
  fc.boolean(),
  fc.double(),
  fc.string({ unit: "binary" }),
  fc.uint8Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.float32Array(),
  fc.float64Array(),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.record({ id: tie("value"), rows: tie("value"), "ключ": leaf }, { requiredKeys: [] })
      // fast-check's records have no prototype unless told.
      .map((record) => ({ ...record })),
  ),
}));

test("any plain value is read as it was written, in memory of its own", () => {
  const memory = new SharedArrayBuffer(1 << 16);
  const writer = new LetterWriter(memory, 8, memory.byteLength - 8);
  const reader = new LetterReader(memory, 8, memory.byteLength - 8);
  fc.assert(fc.property(value, (written) => {
    assert.ok(writer.write(written));
    const read = reader.read();
    new Uint8Array(memory).fill(0xff);
    assert.deepEqual(read, written);
  }));
});

test("what does not fit, or is no plain value, is no letter", () => {
  const memory = new SharedArrayBuffer(256);
  const writer = new LetterWriter(memory, 0, 256);
  for (const wrong of [new Float32Array(64), "x".repeat(200), () => {}, new Map(), 1n, new Date(), Symbol("s")]) {
    assert.equal(writer.write(wrong), false, String(wrong));
  }
  for (let bytes = 200; bytes <= 256; bytes++) writer.write(["a", new Uint8Array(bytes), 1]);
  const deep = (depth: number): unknown => depth === 0 ? 0 : [deep(depth - 1)];
  assert.ok(writer.write(deep(10)));
  assert.equal(writer.write(deep(40)), false);
});

test("a box takes the next letter once the last one is read, and closes while somebody listens", async () => {
  const memory = letterBoxMemory(64);
  const [slot, box] = [new LetterSlot(memory), new LetterBox(memory)];
  assert.ok(slot.put("one"));
  assert.equal(slot.put("two"), false);
  const heard: unknown[] = [];
  let ended = false;
  void box.listen((letter) => heard.push(letter)).then(() => ended = true);
  await until(() => heard.length === 1);
  assert.ok(slot.put("two"));
  await until(() => heard.length === 2);
  assert.deepEqual(heard, ["one", "two"]);
  box.close();
  await until(() => ended);
  assert.equal(slot.put("three"), false);
});

test("a line keeps its order, whichever messages are posted and however late those come", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { maxLength: 20 }),
      fc.infiniteStream(fc.boolean()),
      async (large, late) => {
        const boxes = boxesFor();
        const posted: unknown[] = [];
        const heard: unknown[] = [];
        const receiver = createReceiver(boxes?.toThread, (message) => heard.push(message));
        const send = createSender(boxes?.toThread, (message) => posted.push(message));
        for (const [index, isLarge] of large.entries()) {
          send(index, isLarge ? [new ArrayBuffer(1 << 20)] : []);
          await Promise.resolve();
          while (posted.length > 0 && late.next().value === false) receiver.onPosted(posted.shift());
        }
        for (const message of posted.splice(0)) receiver.onPosted(message);
        await until(() => heard.length === large.length);
        receiver.close();
        assert.deepEqual(heard, large.map((_, index) => index));
      },
    ),
    { numRuns: 50 },
  );
});

test("a message that cannot be posted throws, and those after it are heard all the same", () => {
  const heard: unknown[] = [];
  const receiver = createReceiver(undefined, (message) => heard.push(message));
  const send = createSender(undefined, (message) => {
    if ((message as readonly unknown[])[1] === "bad") throw new TypeError("cannot be cloned");
    receiver.onPosted(message);
  });
  send("first", []);
  assert.throws(() => send("bad", []), TypeError);
  send("second", []);
  assert.deepEqual(heard, ["first", "second"]);
});

test("a real thread answers letters and posts in order, and ends", async () => {
  const heard: unknown[] = [];
  const thread = startThread(new URL("./echo-thread.ts", import.meta.url), {
    onMessage: (message) => heard.push(message),
    onEnd: () => {},
  });
  const small = Array.from({ length: 50 }, (_, index) => ({ id: index, data: Float32Array.of(index) }));
  const large = { id: 50, data: new Float32Array(1 << 20).fill(1) };
  for (const message of small) thread.post(message, []);
  thread.post(large, [large.data.buffer as ArrayBuffer]);
  thread.post({ id: 51 }, []);
  await until(() => heard.length === 52);
  assert.deepEqual(heard.map((message) => (message as { id: number }).id), Array.from({ length: 52 }, (_, id) => id));
  assert.deepEqual(heard[7], small[7]);
  assert.equal((heard[50] as typeof large).data.length, 1 << 20);
  await thread.terminate();
});

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    assert.ok(performance.now() < end, "it took too long");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
