import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import test from "node:test";
import { createMeshKey } from "../../runtime/mesh/mod.ts";
import { observe, stopAll, until } from "./support.ts";

interface Stranger {
  readonly socket: Socket;
  readonly received: Uint8Array[];
  closed: boolean;
}

function knock(port: number, speech: readonly Uint8Array[]): Stranger {
  const socket = connect(port, "127.0.0.1");
  const stranger: Stranger = { socket, received: [], closed: false };
  socket.on("error", () => {});
  socket.on("close", () => {
    stranger.closed = true;
  });
  socket.on("data", (bytes) => stranger.received.push(bytes));
  socket.on("connect", () => {
    for (const bytes of speech) socket.write(bytes);
  });
  return stranger;
}

test("strangers that talk garbage, stop half-way or say nothing learn nothing and keep no member out", async () => {
  const key = createMeshKey();
  const a = await observe({ name: "secret-a", key });
  const port = Number(/tcp\/(\d+)/.exec(a.mesh.addresses()[0] ?? "")?.[1]);
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  const speeches: Uint8Array[][] = [
    [],
    [noise.subarray(0, 1)],
    [noise.subarray(0, 32)],
    [noise.subarray(0, 63)],
    [noise.subarray(0, 64)],
    [noise],
    [new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ];
  const strangers: Stranger[] = [];
  const b = await observe({ name: "b", key });
  try {
    for (let wave = 0; wave < 30; wave++) {
      for (const speech of speeches) strangers.push(knock(port, speech));
      await until("some were turned away", () => strangers.filter(({ closed }) => !closed).length < 60);
    }
    const guest = await observe({ name: "guest", key, join: a.mesh.addresses() });
    await until("a member gets in", () => a.ups.includes("up guest"));
    await until("all strangers are gone", () => strangers.every(({ closed }) => closed));
    assert.deepEqual(a.mesh.peers().map(({ name }) => name), ["guest"]);
    for (const { received } of strangers) {
      // Random bytes and a proof, which is as good as random without the key.
      assert.ok(received.reduce((sum, { length }) => sum + length, 0) <= 64);
    }
    const told = a.events.filter(({ type }) => type === "refused");
    assert.ok(told.length >= 1 && told.length < 30, `${told.length} lines in the log`);
    await stopAll(guest);
  } finally {
    for (const { socket } of strangers) socket.destroy();
    await stopAll(a, b);
  }
});

test("an echo of the own bytes is no proof of the key", async () => {
  const a = await observe({ name: "a" });
  const port = Number(/tcp\/(\d+)/.exec(a.mesh.addresses()[0] ?? "")?.[1]);
  const socket = connect(port, "127.0.0.1");
  let closed = false;
  try {
    socket.on("error", () => {});
    socket.on("close", () => {
      closed = true;
    });
    socket.on("data", (bytes) => void socket.write(bytes));
    await until("the echo is turned away", () => closed);
    assert.ok(a.events.some((event) => event.type === "refused" && event.reason === "wrong-key"));
  } finally {
    socket.destroy();
    await stopAll(a);
  }
});
