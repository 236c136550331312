/** Requests that no daemon can serve. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinModelName, builtinModelPath } from "../../models/builtin/mod.ts";
import { complete, startLocalMesh } from "./local-mesh.ts";

test(
  "requests that cannot be served get OpenAI's error shape, and the daemon answers the next one",
  async () => {
    await using mesh = await startLocalMesh(
      1,
      builtinModelPath(),
    );
    const post = async (
      path: string,
      body: unknown,
      headers: Record<string, string> = {},
    ) => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const response = await fetch(`${mesh.api(0)}${path}`, {
        method: "POST",
        body: text,
        headers,
      });
      const { error } = await response.json() as {
        error: {
          message: string;
          type: string;
          code: string;
          param: string | null;
        };
      };
      return { status: response.status, ...error };
    };
    const prompt = "Once";
    const cases: readonly (readonly [string, unknown, number, RegExp])[] = [
      ["/v1/completions", "{", 400, /not JSON/],
      ["/v1/completions", {}, 400, /"prompt"/],
      ["/v1/completions", { prompt, temperature: -1 }, 400, /temperature/],
      ["/v1/completions", { prompt, max_tokens: 0 }, 400, /"max_tokens"/],
      ["/v1/completions", { prompt, n: 65 }, 400, /"n"/],
      [
        "/v1/completions",
        { prompt: [1, 2, 99999] },
        400,
        /Token 99999 is outside/,
      ],
      [
        "/v1/completions",
        { prompt: "word ".repeat(600) },
        400,
        /context is 512/,
      ],
      [
        "/v1/completions",
        { prompt, model: "gpt-99" },
        404,
        new RegExp(`runs "${builtinModelName}"`),
      ],
      ["/v1/chat/completions", { messages: [] }, 400, /messages/],
      [
        "/v1/chat/completions",
        { messages: [{ role: "wizard", content: "hi" }] },
        400,
        /wizard/,
      ],
      ["/v1/embeddings", {}, 404, /There is no/],
      [
        "/skein/plan",
        { split: [{ device: "d0", blocks: 3 }] },
        409,
        /places 3 blocks; the model has 8/,
      ],
      [
        "/skein/plan",
        { split: [{ device: "nobody", blocks: 8 }] },
        409,
        /nobody/,
      ],
    ];
    for (const [path, body, status, words] of cases) {
      const answer = await post(path, body);
      assert.equal(
        answer.status,
        status,
        `${path} ${JSON.stringify(body).slice(0, 80)}: ${answer.message}`,
      );
      assert.match(answer.message, words);
      assert.equal(typeof answer.code, "string");
    }
    assert.equal(
      (await post("/v1/completions", { prompt }, {
        origin: "https://example.org",
      })).status,
      403,
    );
    assert.equal(
      (await post("/v1/completions", { prompt: "x".repeat(5_000_000) })).status,
      413,
    );
    // A body of unknown length, which some clients send, is read like any other.
    const body = ReadableStream.from([new TextEncoder().encode(JSON.stringify({ prompt, max_tokens: 2 }))]);
    const chunked = await fetch(
      `${mesh.api(0)}/v1/completions`,
      { method: "POST", body, duplex: "half" } as RequestInit,
    );
    assert.equal(chunked.status, 200, await chunked.text());
    for (const method of ["OPTIONS", "DELETE", "PUT"]) {
      const { status } = await fetch(`${mesh.api(0)}/nope`, { method });
      assert.equal(status, method === "OPTIONS" ? 204 : 404, method);
    }
    for (const [path, status] of [["/v1/completions", 400], ["/skein/plan", 400], ["/healthz", 404]] as const) {
      const response = await fetch(`${mesh.api(0)}${path}`, { method: "POST" });
      assert.equal(response.status, status, `${path}: ${await response.text()}`);
    }
    const served = await complete(mesh.api(0), "Once upon a time", 5);
    assert.deepEqual([served.text.length > 0, served.finish], [true, "length"]);
  },
);

test("a prompt too large to travel gets 413 from every device alike, and kills none", async () => {
  await using mesh = await startLocalMesh(2, builtinModelPath());
  const { state } = await mesh.until(({ state }) => state.type === "active");
  assert.equal(
    state.type === "active" && state.plan.segments[0]?.name,
    "d0",
    "the second device has to send prompts on",
  );
  const half = "word ".repeat(150_000);
  const bodies: readonly (readonly [string, object])[] = [
    ["/v1/chat/completions", { messages: [half, half].map((content) => ({ role: "user", content })) }],
    ["/v1/completions", { prompt: "文".repeat(350_000) }],
    ["/v1/completions", { prompt: Array(200_000).fill(1) }],
  ];
  for (const index of [0, 1]) {
    for (const [path, body] of bodies) {
      const response = await fetch(`${mesh.api(index)}${path}`, { method: "POST", body: JSON.stringify(body) });
      const { error } = await response.json() as { error: { code: string; message: string } };
      assert.deepEqual([response.status, error.code], [413, "prompt_too_large"], `${path} at d${index}`);
      assert.match(error.message, /The prompt takes \d+ bytes; at most 524288/);
    }
    // The largest that travels is refused for the context that it does not fit, wherever it enters.
    const whole = await fetch(`${mesh.api(index)}/v1/completions`, {
      method: "POST",
      body: JSON.stringify({ prompt: "文".repeat(170_000) }),
    });
    const { error } = await whole.json() as { error: { code: string } };
    assert.deepEqual([whole.status, error.code], [400, "context_length_exceeded"]);
    assert.equal((await complete(mesh.api(index), "Once", 3)).finish, "length");
  }
});
