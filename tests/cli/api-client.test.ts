/** How commands talk to a daemon: what they understand, and what they say where they do not. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { routes } from "../../actors/gateway/api.ts";
import { call, findApi, lines, request } from "../../cli/api-client.ts";
import { CommandError } from "../../cli/command.ts";

/** A daemon that answers every request the same. */
async function daemon(status: number, body: string) {
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    let text = "";
    incoming.on("data", (chunk) => text += chunk);
    incoming.on("end", () => {
      asked.push(`${incoming.method} ${incoming.url} ${text}`);
      response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(body);
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const says = (words: RegExp) => (error: unknown) => error instanceof CommandError && words.test(error.message);

test("an address is taken with or without http, its path left out; anything else is used wrongly", async () => {
  assert.equal(await findApi("127.0.0.1:11411"), "http://127.0.0.1:11411");
  assert.equal(await findApi("http://localhost:1/v1"), "http://localhost:1");
  for (const text of ["ftp://127.0.0.1", "http://", ":::"]) {
    await assert.rejects(findApi(text), (error) => error instanceof CommandError && error.exitCode === 2);
  }
});

test("a route is asked by its method, with its body, and answers as its schema says", async () => {
  await using there = await daemon(202, '{"accepted": true, "later": 1}');
  assert.deepEqual(await call(there.api, routes.pin, { split: null }), { accepted: true });
  assert.deepEqual(there.asked, ['POST /skein/plan {"split":null}']);
});

test("an answer of another shape is said to be of another version, with the part that differs", async () => {
  await using there = await daemon(200, '{"status": "ok", "ready": "yes"}');
  await assert.rejects(call(there.api, routes.health), says(/another version.*\/healthz, ready/));
});

test("a refusal is told in the daemon's own words, or by its status where it has none", async () => {
  await using wordy = await daemon(409, '{"error": {"message": "board is not here"}}');
  await assert.rejects(request(wordy.api, "/"), says(/^board is not here$/));
  await using mute = await daemon(502, "<html>");
  await assert.rejects(request(mute.api, "/"), says(/answered 502/));
});

test("where no daemon answers, the sentence says how to start one", async () => {
  const { api, [Symbol.asyncDispose]: close } = await daemon(200, "");
  await close();
  await assert.rejects(request(api, "/"), says(/No daemon answers at .* skein up/));
});

test("a body's lines come whole, wherever it is cut", async () => {
  const line = fc.string().map((text) => text.replaceAll("\n", " "));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1 }), fc.array(fc.nat(), { maxLength: 8 }), async (wanted, cuts) => {
      const bytes = new TextEncoder().encode(wanted.join("\n"));
      const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start(controller) {
          for (const [index, edge] of edges.slice(1).entries()) controller.enqueue(bytes.slice(edges[index], edge));
          controller.close();
        },
      });
      const read = await Array.fromAsync(lines(new Response(body)));
      // A last line that is empty is the end of the one before.
      assert.deepEqual(read, wanted.at(-1) === "" ? wanted.slice(0, -1) : wanted);
    }),
  );
});
