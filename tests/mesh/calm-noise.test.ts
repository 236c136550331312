/** Noise's connections without the errors that it throws after every message. */
import assert from "node:assert/strict";
import test from "node:test";
import { LengthPrefixedDecoder } from "@libp2p/utils";
import { askOnlyForWholeLengths } from "../../runtime/mesh/calm-noise.ts";
import { createDoor } from "../../runtime/mesh/door.ts";
import { createIdentity } from "../../runtime/mesh/mod.ts";
import { readIdentity } from "../../runtime/mesh/identity.ts";
import { createNode } from "../../runtime/mesh/node.ts";

const node = async () => {
  const { libp2p } = await createNode({
    privateKey: readIdentity(await createIdentity()),
    door: createDoor(new Uint8Array(32).fill(7)),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    announce: [],
  });
  await libp2p.start();
  return libp2p;
};

/** How many RangeErrors were made while `action` ran. */
async function errorsDuring(action: () => Promise<void>): Promise<number> {
  const Native = globalThis.RangeError;
  let made = 0;
  globalThis.RangeError = new Proxy(Native, {
    apply: (target, _self, [message]) => (made++, new target(message)),
    construct: (target, [message]) => (made++, new target(message)),
  });
  try {
    await action();
  } finally {
    globalThis.RangeError = Native;
  }
  return made;
}

test("messages over a real connection cost no error each, and all arrive", async () => {
  const [near, far] = [await node(), await node()];
  try {
    let received = 0;
    await far.handle("/test", (stream) => {
      stream.addEventListener("message", ({ data }) => void (received += data.byteLength));
    });
    const [address] = far.getMultiaddrs();
    assert.ok(address);
    const stream = await near.dialProtocol(address, "/test");
    const errors = await errorsDuring(async () => {
      for (let message = 1; message <= 20; message++) {
        stream.send(new Uint8Array(1000));
        const end = performance.now() + 20_000;
        while (received < message * 1000) {
          assert.ok(performance.now() < end, `${received} bytes of ${message} messages have arrived`);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      }
    });
    // The stream's protocol may still be settled with the first.
    assert.ok(errors < 5, `${errors} errors for 20 messages`);
  } finally {
    await near.stop();
    await far.stop();
  }
});

test("messages come out whole wherever the bytes were cut, the length of one included", () => {
  const decoder = new LengthPrefixedDecoder(
    {
      lengthDecoder: (bytes: { length: number; getUint16?(at: number): number }) => bytes.getUint16?.(0) ?? NaN,
      maxBufferSize: 1 << 20,
      encodingLength: () => 2,
    } as unknown as ConstructorParameters<typeof LengthPrefixedDecoder>[0],
  );
  assert.ok(askOnlyForWholeLengths({ decoder }));
  const messages = [new Uint8Array(1).fill(1), new Uint8Array(3000).fill(2), new Uint8Array(700).fill(3)];
  const whole = Uint8Array.from(
    messages.flatMap((message) => [message.length >> 8, message.length & 0xff, ...message]),
  );
  for (const step of [1, 3, 1024, whole.length]) {
    const out: Uint8Array[] = [];
    for (let at = 0; at < whole.length; at += step) {
      for (const message of decoder.decode(whole.subarray(at, at + step))) out.push(message.subarray());
    }
    assert.deepEqual(out, messages);
  }
});

test("what is no connection of noise stays as it is", () => {
  assert.equal(askOnlyForWholeLengths({}), false);
  assert.equal(askOnlyForWholeLengths({ decoder: {} }), false);
});
