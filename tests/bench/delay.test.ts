import assert from "node:assert/strict";
import { once } from "node:events";
import { Buffer } from "node:buffer";
import { connect, createServer } from "node:net";
import test from "node:test";
import { startDelayProxy } from "../../bench/delay.ts";

test("what passes a delay proxy comes whole, in order and late both ways, its end too", async () => {
  const server = createServer(
    { allowHalfOpen: true },
    (socket) => socket.pipe(socket),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  try {
    await using proxy = await startDelayProxy({ host: "127.0.0.1", port }, 20);
    const socket = connect({
      host: "127.0.0.1",
      port: proxy.port,
      allowHalfOpen: true,
    });
    await once(socket, "connect");
    const sent = crypto.getRandomValues(new Uint8Array(65_536));
    const began = performance.now();
    for (let at = 0; at < sent.length; at += 10_000) {
      socket.write(sent.subarray(at, at + 10_000));
    }
    socket.end();
    const pieces: Uint8Array[] = [];
    for await (const piece of socket) pieces.push(piece as Uint8Array);
    assert.ok(
      performance.now() - began >= 39,
      "a round trip is not shorter than both ways",
    );
    assert.deepEqual(new Uint8Array(Buffer.concat(pieces)), sent);
  } finally {
    server.close();
  }
});

test("a connection through a delay proxy to nobody is closed", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await using proxy = await startDelayProxy({ host: "127.0.0.1", port }, 1);
  const socket = connect({ host: "127.0.0.1", port: proxy.port });
  socket.on("error", () => {});
  await once(socket, "close");
});
