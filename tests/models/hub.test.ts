/** Models by name: what names mean, which files are chosen, and fetching them from a server that speaks like the hub. */
import assert from "node:assert/strict";
import { readdir, readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { catalog, fetchModel, HubError, type HubOptions, lookUp, parseModelReference } from "../../models/hub/mod.ts";
import { chooseFiles } from "../../models/hub/choose.ts";
import { fetchWebFile, lookUpWebFile } from "../../models/hub/web-file.ts";
import { COMMIT, type HubServer, startHub } from "./hub-server.ts";
import { withFolder } from "./temporary.ts";

const HUB = "https://huggingface.co";
const REPO = "owner/story-GGUF";
const hubReference = (parts: object = {}) =>
  ({ type: "hub", repo: REPO, revision: "main", quantization: undefined, file: undefined, ...parts }) as const;
const signal = new AbortController().signal;

/** Bytes that differ from file to file. */
const bytesOf = (length: number, seed: number) => Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 7) & 0xff);

const FILES = {
  "README.md": bytesOf(50, 1),
  "story-Q4_K_M.gguf": bytesOf(300_000, 2),
  "story-Q8_0.gguf": bytesOf(500_000, 3),
  "mmproj-story-F16.gguf": bytesOf(2000, 4),
};

/** A hub's client whose cache is in `folder`, and which does not wait between tries. */
function clientOf(server: HubServer, folder: string, token?: string): HubOptions & { readonly pauses: number[] } {
  const pauses: number[] = [];
  return {
    url: server.url,
    token,
    cache: folder,
    fetch,
    pauses,
    pause: async (milliseconds) => void pauses.push(milliseconds),
  };
}

test("a name is a path, a repository, an address of the hub, another address, or one of the list", () => {
  const parse = (text: string) => parseModelReference(text, HUB);
  assert.deepEqual(parse("./story.gguf"), { type: "path", path: "./story.gguf" });
  assert.deepEqual(parse("hf:owner/story-GGUF"), hubReference());
  assert.deepEqual(parse("hf:owner/story-GGUF@v1:q8_0"), hubReference({ revision: "v1", quantization: "Q8_0" }));
  assert.deepEqual(parse(`${HUB}/owner/story-GGUF`), hubReference());
  assert.deepEqual(
    parse(`${HUB}/owner/story-GGUF/blob/main/a%20b.gguf?download=true`),
    hubReference({ file: "a b.gguf" }),
  );
  assert.deepEqual(parse("https://example.org/m/x.gguf"), { type: "url", url: "https://example.org/m/x.gguf" });
  assert.deepEqual(parse("Qwen3:4B"), hubReference({ repo: "Qwen/Qwen3-4B-GGUF", quantization: "Q4_K_M" }));
  for (const wrong of ["hf:story", "hf:a/b/c", "hf:../b", "hf:", "https://example.org/x.bin", `${HUB}/docs`]) {
    assert.throws(() => parse(wrong), { name: "ModelReferenceError" }, wrong);
  }
  for (const { source } of Object.values(catalog)) assert.equal(parse(`hf:${source}`).type, "hub");
});

test("of a repository's files those are chosen that were asked for, or the best that can be read; parts stay together", () => {
  const files = (...paths: string[]) => paths.map((path) => ({ path, bytes: 1 }));
  const choose = (paths: readonly string[], quantization?: string, file?: string) => {
    const chosen = chooseFiles(files(...paths), { quantization, file });
    return chosen.type === "none" ? chosen.reason : chosen.choice.files.map(({ path }) => path);
  };
  const all = ["m-Q2_K.gguf", "m-Q8_0.gguf", "m.Q4_0.gguf", "mmproj-F16.gguf"];
  assert.deepEqual(choose(all), ["m.Q4_0.gguf"]);
  assert.deepEqual(choose(all, "Q8_0"), ["m-Q8_0.gguf"]);
  assert.deepEqual(choose(all, undefined, "m-Q2_K.gguf"), ["m-Q2_K.gguf"]);
  assert.equal(choose(all, "Q5_K_M"), "it has no GGUF file in Q5_K_M; it has Q2_K, Q8_0, Q4_0");
  assert.equal(choose(["m-IQ2_XS.gguf"]), "none of its GGUF files is of a kind that Skein reads; it has IQ2_XS");
  const parts = ["q/m-Q4_K_M-00002-of-00002.gguf", "q/m-Q4_K_M-00001-of-00002.gguf"];
  assert.deepEqual(choose(parts), parts.toReversed());
  assert.match(String(choose(parts.slice(1))), /neither a GGUF file nor/, "half a model is none");
  const folder = ["config.json", "model.safetensors", "tokenizer.json", "README.md", "original/x.safetensors"];
  assert.deepEqual(choose(folder), folder.slice(0, 3));
  assert.match(String(choose(["config.json", "model.safetensors"])), /tokenizer\.json missing/);
});

test("a model is looked up with size and licence, fetched into the hub's cache, and not fetched again", async () => {
  await using server = await startHub({ repo: REPO, files: FILES });
  await withFolder(async (folder) => {
    const hub = clientOf(server, folder);
    const listing = await lookUp(hubReference(), hub, signal);
    assert.deepEqual(
      [listing.license, listing.bytes, listing.hereBytes, listing.choice.quantization, listing.commit],
      ["apache-2.0", 300_000, 0, "Q4_K_M", COMMIT],
    );
    const seen: number[] = [];
    const fetchIt = () => fetchModel(listing, hub, { signal, onProgress: (done) => seen.push(done) });
    const path = await fetchIt();
    assert.equal(path, join(folder, "models--owner--story-GGUF", "snapshots", COMMIT, "story-Q4_K_M.gguf"));
    assert.deepEqual(new Uint8Array(await readFile(path)), FILES["story-Q4_K_M.gguf"]);
    assert.match(await realpath(path), /blobs\/[0-9a-f]{64}$/);
    assert.deepEqual([seen.at(-1), seen.toSorted((a, b) => a - b)], [300_000, seen]);
    assert.equal(await fetchIt(), path);
    assert.equal(server.asked.length, 1);
    assert.equal((await lookUp(hubReference(), hub, signal)).hereBytes, 300_000);
  });
});

test("a fetch that is cut goes on where it was, also in another process; servers in trouble are given time", async () => {
  await using server = await startHub({ repo: REPO, files: FILES });
  await withFolder(async (folder) => {
    const hub = clientOf(server, folder);
    const listing = await lookUp(hubReference({ quantization: "Q8_0" }), hub, signal);
    server.mishaps.push(
      { type: "cut", after: 200_000 },
      { type: "status", status: 429, headers: { "retry-after": "7" } },
      { type: "status", status: 503 },
    );
    const path = await fetchModel(listing, hub, { signal, onProgress: () => {} });
    assert.deepEqual(new Uint8Array(await readFile(path)), FILES["story-Q8_0.gguf"]);
    assert.equal(hub.pauses[1], 7000);
    const ranges = server.asked.map(({ range }) => range);
    assert.equal(ranges[0], undefined);
    assert.match(ranges.at(-1) ?? "", /^bytes=\d{5,}-$/);
    assert.equal(new Set(ranges.slice(1)).size, 1);
  });
});

test("what comes damaged is refused and removed; the next try brings it whole", async () => {
  await using server = await startHub({ repo: REPO, files: FILES });
  await withFolder(async (folder) => {
    const hub = clientOf(server, folder);
    const listing = await lookUp(hubReference(), hub, signal);
    server.mishaps.push({ type: "wrong" });
    const fetchIt = () => fetchModel(listing, hub, { signal, onProgress: () => {} });
    await assert.rejects(fetchIt, (error) => error instanceof HubError && /came damaged: its hash/.test(error.message));
    assert.deepEqual(await readdir(join(folder, "models--owner--story-GGUF", "blobs")), []);
    assert.ok(await fetchIt());
  });
});

test("small files are checked by git's hash, and a folder model's come into one folder", async () => {
  const files = {
    "config.json": bytesOf(90, 1),
    "tokenizer.json": bytesOf(80, 2),
    "model.safetensors": bytesOf(5000, 3),
  };
  await using server = await startHub({ repo: REPO, files });
  await withFolder(async (folder) => {
    const hub = clientOf(server, folder);
    const listing = await lookUp(hubReference(), hub, signal);
    server.mishaps.push({ type: "wrong" });
    const fetchIt = () => fetchModel(listing, hub, { signal, onProgress: () => {} });
    await assert.rejects(fetchIt, /config\.json of owner\/story-GGUF came damaged/);
    assert.deepEqual((await readdir(await fetchIt())).sort(), Object.keys(files).sort());
  });
});

test("a refusal says what to do: a token, another name, another time", async () => {
  await using server = await startHub({ repo: REPO, files: FILES, token: "hf_right" });
  await withFolder(async (folder) => {
    const ask = (parts: object, token?: string) => lookUp(hubReference(parts), clientOf(server, folder, token), signal);
    await assert.rejects(ask({}), /needs permission: set HF_TOKEN .* accept its terms at http/);
    await assert.rejects(ask({}, "hf_wrong"), /needs permission/);
    await assert.rejects(ask({ repo: "owner/none" }, "hf_right"), /There is no repository owner\/none on 127/);
    await assert.rejects(ask({ quantization: "Q2_K" }, "hf_right"), /no GGUF file in Q2_K; it has Q4_K_M, Q8_0/);
    const hub = clientOf(server, folder, "hf_right");
    const listing = await lookUp(hubReference(), hub, signal);
    server.mishaps.push(...Array.from({ length: 6 }, () => ({ type: "status", status: 502 }) as const));
    await assert.rejects(
      fetchModel(listing, hub, { signal, onProgress: () => {} }),
      /answered 502\. What has come is kept: the same command goes on from there/,
    );
    assert.equal(server.asked.at(-1)?.token, "hf_right");
  });
});

test("a file at any address is fetched once, and one that is not there is said not to be", async () => {
  await using server = await startHub({ repo: REPO, files: FILES });
  await withFolder(async (folder) => {
    const web = { folder, fetch, pause: () => Promise.resolve() };
    const file = await lookUpWebFile(`${server.url}/cdn/story-Q8_0.gguf`, web, signal);
    assert.deepEqual([file.bytes, file.here], [500_000, false]);
    const path = await fetchWebFile(file, web, { signal, onProgress: () => {} });
    assert.deepEqual(new Uint8Array(await readFile(path)), FILES["story-Q8_0.gguf"]);
    assert.equal((await lookUpWebFile(file.url, web, signal)).here, true);
    await assert.rejects(lookUpWebFile(`${server.url}/cdn/none.gguf`, web, signal), /There is no http.*none\.gguf/);
  });
});
