/** Who may use the API, and what browsers are told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiScene, type Responding } from "./api-scene.ts";
import { planAt } from "./scene.ts";

const errorOf = async ({ response }: Responding) => {
  const { status, headers } = await response;
  const body = await (await response).json() as { error: { code: string; message: string } };
  return { status, headers, ...body.error };
};
const init = (headers: Record<string, string>, method = "GET") => ({ headers, method });

test("without a key programs of this machine are let in, and pages and names of elsewhere turned away", async () => {
  await using api = await apiScene();
  const get = (headers: Record<string, string>) => api.request("/v1/models", undefined, init(headers));
  for (const origin of ["https://example.org", "null", "app://obsidian.md"]) {
    assert.deepEqual([(await errorOf(await get({ origin }))).code], ["forbidden_origin"], origin);
  }
  const { status, code, message } = await errorOf(await get({ host: "evil.example" }));
  assert.deepEqual([status, code], [403, "forbidden_host"]);
  assert.match(message, /not to evil\.example.*--api-key/);
  for (const origin of ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:3000", "http://tauri.localhost"]) {
    assert.equal((await (await get({ origin })).response).status, 200, origin);
  }
});

test("pages of allowed origins may read every answer, refusals too; a preflight is answered without a key", async () => {
  await using api = await apiScene({}, { key: "sk-1", origins: ["app://obsidian.md"] });
  const origin = "app://obsidian.md";
  const asked = { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
  const { status, headers } = await (await api.request("/v1/chat/completions", undefined, init(asked, "OPTIONS")))
    .response;
  assert.equal(status, 204);
  assert.equal(headers.get("access-control-allow-origin"), origin);
  assert.match(headers.get("access-control-allow-methods") ?? "", /POST/);
  assert.equal(headers.get("access-control-allow-headers"), "content-type");
  const refused = await errorOf(await api.request("/v1/models", undefined, init({ origin })));
  assert.deepEqual([refused.status, refused.headers.get("access-control-allow-origin")], [401, origin]);
  const other = await errorOf(await api.request("/v1/models", undefined, init({ origin: "app://other" })));
  assert.deepEqual([other.status, other.headers.get("access-control-allow-origin")], [403, null]);
});

test("with a key every request must carry it, whatever name it came by", async () => {
  await using api = await apiScene({}, { key: "sk-1", origins: [] });
  const statusOf = async (headers: Record<string, string>) =>
    (await (await api.request("/v1/models", undefined, init(headers))).response).status;
  assert.equal(await statusOf({ host: "host.docker.internal:11411", authorization: "Bearer sk-1" }), 200);
  for (const authorization of ["", "Bearer ", "Bearer sk-", "Bearer sk-2", "Bearer sk-11", "Basic sk-1"]) {
    assert.equal(await statusOf({ authorization }), 401, authorization);
  }
  assert.equal(await statusOf({}), 401);
});

test("every response has an id, paths forgive slashes, and what is not there is said not to be", async () => {
  await using api = await apiScene();
  const responses = await Promise.all(["/v1/models", "//v1/models/", "/health", "/healthz/", "/v1/embeddings"].map(
    async (path) => await (await api.request(path)).response,
  ));
  assert.deepEqual(responses.map(({ status }) => status), [200, 200, 200, 200, 404]);
  assert.equal(new Set(responses.map(({ headers }) => headers.get("x-request-id"))).size, 5);
  const { code, message } = await errorOf(await api.request("/v1/embeddings", {}));
  assert.deepEqual([code, message], ["not_found", "There is no POST /v1/embeddings here."]);
});

test("the models in force are listed and found by name, hash and default, with their context", async () => {
  await using api = await apiScene();
  const list = async () => (await api.read("/v1/models")).body as { data: { created: number; id: string }[] };
  assert.deepEqual((await list()).data, []);
  await api.stage.publish(planAt("there"), planAt("there", 2, "poem"));
  const { data } = await list();
  assert.deepEqual(data.map(({ id }) => id), ["story", "poem"]);
  const [story] = data;
  const { created, ...rest } = story as { created: number };
  assert.ok(Math.abs(Date.now() / 1000 - created) < 60);
  assert.deepEqual(rest, {
    ...{ id: "story", object: "model", owned_by: "skein", max_model_len: 128, context_length: 128 },
    sha256: planAt("there").model.id,
  });
  for (const name of ["story", planAt("there").model.id]) {
    assert.deepEqual((await api.read(`/v1/models/${name}`)).body, story);
  }
  assert.equal((await api.read("/v1/models/default")).status, 200);
  const { status, code } = await errorOf(await api.request("/v1/models/owner/novel"));
  assert.deepEqual([status, code], [404, "model_not_found"]);
});

test("a body is read whatever is known of its length, and no further than it may be long", async () => {
  await using api = await apiScene();
  const post = (parts: readonly string[], headers: Record<string, string> = {}) => {
    const body = ReadableStream.from(parts.map((part) => new TextEncoder().encode(part)));
    // Streams of unknown length need it, and the types of fetch do not know it.
    const half = { duplex: "half" } as object;
    return api.request("/v1/completions", undefined, { method: "POST", body, headers, ...half });
  };
  assert.equal((await errorOf(await post(['{"prom', 'pt": 7}']))).message.startsWith('"prompt" must be'), true);
  assert.equal((await errorOf(await post(Array(5).fill("x".repeat(1_000_000))))).code, "body_too_large");
  assert.equal((await errorOf(await post(["x"], { "content-encoding": "gzip" }))).status, 415);
  assert.match(
    (await errorOf(await api.request("/v1/completions", undefined, { method: "POST" }))).message,
    /is empty/,
  );
});
