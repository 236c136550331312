/** Window updates of yamux: told when half of the window is used, not after every frame. */
import assert from "node:assert/strict";
import test from "node:test";
import { delayWindowUpdates } from "../../runtime/mesh/lazy-window.ts";
import { createIdentity } from "../../runtime/mesh/mod.ts";
import { readIdentity } from "../../runtime/mesh/identity.ts";
import { createDoor } from "../../runtime/mesh/door.ts";
import { createNode } from "../../runtime/mesh/node.ts";

async function node() {
  const { libp2p } = await createNode({
    privateKey: readIdentity(await createIdentity()),
    door: createDoor(new Uint8Array(32).fill(7)),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    announce: [],
  });
  await libp2p.start();
  return libp2p;
}

test("a real stream tells of its window twice for a whole one, and a large transfer arrives", async () => {
  const [near, far] = [await node(), await node()];
  try {
    let updates = 0;
    let received = 0;
    const opened = Promise.withResolvers<void>();
    await far.handle("/test", (stream) => {
      const counted = stream as unknown as { sendWindowUpdate(): void; sendFrame(header: { type: number }): void };
      const sendFrame = counted.sendFrame.bind(counted);
      counted.sendFrame = (header, ...rest: unknown[]) => {
        // FrameType.WindowUpdate
        if (header.type === 1) updates++;
        Reflect.apply(sendFrame, undefined, [header, ...rest]);
      };
      assert.ok(delayWindowUpdates(stream), "yamux's streams are known");
      stream.addEventListener("message", ({ data }) => void (received += data.byteLength));
      opened.resolve();
    });
    const [address] = far.getMultiaddrs();
    assert.ok(address);
    const stream = await near.dialProtocol(address, "/test");
    await opened.promise;
    const until = async (bytes: number) => {
      const end = performance.now() + 20_000;
      while (received < bytes) {
        assert.ok(performance.now() < end, `${received} of ${bytes} bytes have arrived`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    for (let frame = 1; frame <= 100; frame++) {
      stream.send(new Uint8Array(1000));
      await until(frame * 1000);
    }
    assert.ok(updates <= 3, `${updates} updates for 100 frames`);
    stream.send(new Uint8Array(8_000_000));
    await until(8_100_000);
  } finally {
    await near.stop();
    await far.stop();
  }
});

test("what is no yamux stream stays as it is", () => {
  assert.equal(delayWindowUpdates({}), false);
  assert.equal(
    delayWindowUpdates({ sendWindowUpdate() {}, recvWindow: 1, recvWindowCapacity: 1, state: "open" }),
    false,
  );
});
