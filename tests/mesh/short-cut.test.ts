/** Streams of libp2p's whose bytes go straight on: they do what they did before. */
import assert from "node:assert/strict";
import test from "node:test";
import { AbstractMessageStream } from "@libp2p/utils";
import fc from "fast-check";
import { quietLogger } from "../../runtime/mesh/quiet-logger.ts";
import { receiveStraight, sendStraight } from "../../runtime/mesh/short-cut.ts";

type Data = Parameters<AbstractMessageStream["sendData"]>[0];

/** A stream over nothing: what it would send is kept, and it is full when told. */
class TestStream extends AbstractMessageStream {
  readonly sent: number[] = [];
  full = false;
  broken = false;

  constructor() {
    super({ log: quietLogger(() => {}).forComponent("test") });
  }

  sendData(data: Data) {
    if (this.broken) throw new Error("the layer below is broken");
    this.sent.push(...data.subarray());
    return { sentBytes: data.byteLength, canSendMore: !this.full };
  }

  /** From now on it is a fault to keep bytes. */
  keepNothing(): void {
    for (const buffer of [this.readBuffer, this.writeBuffer]) buffer.append = () => assert.fail("a buffer is used");
  }

  close(): Promise<void> {
    this.onTransportClosed();
    return Promise.resolve();
  }

  sendReset(): void {}
  sendPause(): void {}
  sendResume(): void {}
}

/** What is done to a stream. */
const action = fc.oneof(
  fc.record({ type: fc.constantFrom("send" as const, "receive" as const), bytes: fc.uint8Array({ maxLength: 5 }) }),
  fc.record({
    type: fc.constantFrom("fill" as const, "drain" as const, "pause" as const, "resume" as const, "listen" as const),
  }),
  fc.record({ type: fc.constantFrom("break" as const, "remote-close" as const, "close" as const) }),
);

/** Does it all, and tells what came of it. */
async function play(stream: TestStream, actions: readonly (typeof action extends fc.Arbitrary<infer A> ? A : never)[]) {
  const heard: number[] = [];
  const log: unknown[] = [];
  for (const type of ["close", "end", "remoteCloseWrite"]) {
    stream.addEventListener(type as "close", () => log.push(type));
  }
  for (const step of actions) {
    try {
      switch (step.type) {
        case "send":
          log.push(stream.send(step.bytes));
          break;
        case "receive":
          stream.onData(step.bytes);
          break;
        case "fill":
          stream.full = true;
          break;
        case "drain":
          stream.full = false;
          stream.dispatchEvent(new Event("drain"));
          break;
        case "pause":
          stream.pause();
          break;
        case "resume":
          stream.resume();
          break;
        case "listen":
          stream.addEventListener("message", ({ data }) => void heard.push(...data.subarray()));
          break;
        case "break":
          stream.broken = true;
          break;
        case "remote-close":
          stream.onRemoteCloseWrite();
          break;
        case "close":
          await stream.close();
          break;
        default:
          step satisfies never;
      }
    } catch (error) {
      log.push(error instanceof Error ? error.message : error);
    }
    await Promise.resolve();
  }
  await new Promise((resolve) => setImmediate(resolve));
  return { heard, log, sent: stream.sent, status: stream.status, read: stream.readStatus, write: stream.writeStatus };
}

test("whatever is sent, received, paused, filled and closed, the short cut gives what the long way gives", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
      const short = new TestStream();
      assert.ok(sendStraight(short));
      assert.ok(receiveStraight(short));
      assert.deepEqual(await play(short, actions), await play(new TestStream(), actions));
    }),
    { numRuns: 300 },
  );
});

test("bytes that nothing waits before touch no buffer", () => {
  const stream = new TestStream();
  sendStraight(stream);
  receiveStraight(stream);
  const taken = new Uint8Array([1, 2, 3]);
  let heard: unknown;
  stream.addEventListener("message", ({ data }) => heard = data);
  stream.keepNothing();
  assert.ok(stream.send(taken));
  stream.onData(taken);
  assert.equal(heard, taken);
  assert.deepEqual(stream.sent, [1, 2, 3]);
});

test("what is no stream as we know it stays as it is", () => {
  assert.equal(sendStraight({}), false);
  assert.equal(receiveStraight({ onData() {}, readStatus: "readable" }), false);
});
