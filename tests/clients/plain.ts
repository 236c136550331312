/** What clients in other languages send, as bytes: those that do not know the length of their body, pages, and old ones. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { CERTAIN, type Client, STORY } from "./clients.ts";

const BODY = JSON.stringify({ prompt: STORY, ...CERTAIN });

export const plain: Client = ({ baseUrl }) => {
  const { hostname, port, pathname } = new URL(baseUrl);
  const send = (lines: readonly string[], body = "") => {
    return exchange(Number(port), hostname, [
      ...lines,
      `Host: ${hostname}:${port}`,
      "Connection: close",
      "",
      body,
    ]);
  };
  const post = `POST ${pathname}/completions`;
  return {
    "a body in chunks, of unknown length": async () => {
      const chunks = [BODY.slice(0, 20), BODY.slice(20)].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
      const answer = await send([
        `${post} HTTP/1.1`,
        "Transfer-Encoding: chunked",
      ], `${chunks.join("")}0\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 200 [^]*"text_completion"/);
    },
    "a POST without a body gets a sentence": async () => {
      assert.match(
        await send([`${post} HTTP/1.1`, "Content-Length: 0"]),
        /^HTTP\/1\.1 400 [^]*it is empty/,
      );
    },
    "HTTP/1.0, and a client that waits to be told to go on": async () => {
      const length = `Content-Length: ${BODY.length}`;
      assert.match(
        await send([`${post} HTTP/1.0`, length], BODY),
        /^HTTP\/1\.1 200 /,
      );
      assert.match(
        await send([`${post} HTTP/1.1`, length, "Expect: 100-continue"], BODY),
        /^HTTP\/1\.1 100 [^]* 200 /,
      );
    },
    "a page of this machine is answered beforehand, and may read": async () => {
      const origin = "Origin: http://localhost:3000";
      const asked = await send([
        ...[`OPTIONS ${pathname}/chat/completions HTTP/1.1`, origin],
        ...[
          "Access-Control-Request-Method: POST",
          "Access-Control-Request-Headers: content-type",
        ],
      ]);
      assert.match(
        asked,
        /^HTTP\/1\.1 204 [^]*access-control-allow-origin: http:\/\/localhost:3000/i,
      );
      const models = await send([`GET ${pathname}/models HTTP/1.1`, origin]);
      assert.match(
        models,
        /^HTTP\/1\.1 200 [^]*access-control-allow-origin: http:\/\/localhost:3000/i,
      );
      assert.match(models, /x-request-id: [0-9a-f-]{36}/i);
    },
    "OPTIONS without an origin, DELETE and HEAD are no faults of the server": async () => {
      for (
        const [method, status] of [["OPTIONS", 204], ["DELETE", 404], [
          "HEAD",
          200,
        ]] as const
      ) {
        assert.match(
          await send([`${method} ${pathname}/models HTTP/1.1`]),
          new RegExp(`^HTTP/1\\.1 ${status} `),
          method,
        );
      }
    },
  };
};

/** What comes back for the lines of a request, until the connection is closed. */
function exchange(
  port: number,
  host: string,
  lines: readonly string[],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => socket.write(lines.join("\r\n")));
    let text = "";
    socket.setEncoding("utf8").setTimeout(
      20_000,
      () => socket.destroy(new Error("no answer for 20 s")),
    );
    socket.on("data", (chunk: string) => text += chunk).on(
      "end",
      () => resolve(text),
    ).on("error", reject);
  });
}
