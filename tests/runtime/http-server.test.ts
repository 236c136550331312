/** The HTTP server under the API: it does not wait for ever for what a client does not send. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { serveHttp } from "../../runtime/host/mod.ts";

/** Sends raw bytes; resolves to all that came back when the server has closed the connection, or to undefined. */
function send(url: string, text: string, milliseconds: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let received = "";
    const timer = setTimeout(() => (socket.destroy(), resolve(undefined)), milliseconds);
    socket.on("data", (bytes) => received += bytes);
    socket.on("error", () => {});
    socket.on("close", () => (clearTimeout(timer), resolve(received)));
  });
}

/** Reads all of a request; the error of one that breaks off goes to nobody. */
const counting = (request: Request) =>
  request.arrayBuffer().then(
    ({ byteLength }) => new Response(`${byteLength}`),
    () => new Response("broken", { status: 400 }),
  );

test("a client that takes its time, with the headers, the body or the first byte, is told so and let go", async () => {
  const patience = { headersMilliseconds: 200, requestMilliseconds: 400 };
  const server = await serveHttp("127.0.0.1", 0, counting, patience);
  try {
    const slow = ["", "POST / HT", "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nhello"];
    const ends = await Promise.all(slow.map((text) => send(server.url, text, 5000)));
    for (const [index, end] of ends.entries()) assert.match(end ?? "still open", /^HTTP\/1.1 408/, slow[index]);
  } finally {
    await server.close();
  }
});

test("an answer that takes longer than a request may is not cut off", async () => {
  const patience = { headersMilliseconds: 100, requestMilliseconds: 200 };
  const answer = async function* () {
    for (let part = 0; part < 8; part++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      yield new TextEncoder().encode(`${part}`);
    }
  };
  const server = await serveHttp("127.0.0.1", 0, () => new Response(ReadableStream.from(answer())), patience);
  try {
    const response = await fetch(server.url, { method: "POST", body: "hello" });
    assert.equal(await response.text(), "01234567");
  } finally {
    await server.close();
  }
});

test("a handler is told the address that a request comes from", async () => {
  const server = await serveHttp("127.0.0.1", 0, (_, address) => new Response(address ?? "none"));
  try {
    assert.match(await (await fetch(server.url)).text(), /^(::ffff:)?127\.0\.0\.1$/);
  } finally {
    await server.close();
  }
});
