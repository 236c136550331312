/** The page's files over the API: which there are, what a browser is told of them, and whom they are for. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { accessOf } from "../../../actors/gateway/access.ts";
import { openPageFiles } from "../../../actors/daemon/page-files.ts";
import { apiScene } from "./api-scene.ts";

const folder = fileURLToPath(new URL("../../../page", import.meta.url));

test("every file of the page is served with its type, and everything that a file loads is served too", async () => {
  const files = openPageFiles();
  await using scene = await apiScene({}, undefined, files);
  const fetched = async (path: string, init?: RequestInit) =>
    await (await scene.request(path, undefined, init)).response;
  for (const path of files.paths) {
    const response = await fetched(path);
    assert.equal(response.status, 200, path);
    const text = await response.text();
    assert.match(response.headers.get("content-type") ?? "", typeFor(path), path);
    assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'; script-src 'self'/);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    const loaded = [...text.matchAll(/(?:src|href)="(\/[^"]+)"|from "(\.[^"]+)"/g)];
    for (const [, absolute, relative] of path.includes("vendor") ? [] : loaded) {
      const target = absolute ?? new URL(relative ?? "", `http://x${path}`).pathname;
      assert.ok(files.paths.includes(target), `${path} loads ${target}, which is not served`);
    }
    const head = await fetched(path, { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
  }
});

test("whatever lies in the page's folder is on the list, and holds no script or style of its own in HTML", () => {
  const { paths } = openPageFiles();
  for (const name of readdirSync(folder)) {
    assert.ok(paths.includes(name === "index.html" ? "/" : `/page/${name}`), `${name} is not served`);
  }
  const text = readFileSync(`${folder}/index.html`, "utf8");
  assert.doesNotMatch(text, /<style|style=| on\w+="|<script[^>]*>[^<]|https?:/);
});

test("no path leads out of the page's folder, and only reading is for a page", async () => {
  await using scene = await apiScene({}, undefined, openPageFiles());
  const outside = ["/page/../package.json", "/page/%2e%2e/package.json", "/page/..%2fpackage.json", "/page/none.js"];
  for (const path of [...outside, "/page/", "/page", "/index.html", "/page/vendor/../../package.json"]) {
    assert.equal((await scene.read(path)).status, 404, path);
  }
  assert.equal((await scene.read("/", "{}")).status, 404);
});

test("behind a key the page can be opened without it, but nothing else can; its own origin is let in with the key", async () => {
  await using scene = await apiScene({}, { key: "sk-1", origins: [] }, openPageFiles());
  const at = async (path: string, headers: Record<string, string>) =>
    (await (await scene.request(path, undefined, { headers })).response).status;
  const [host, origin] = ["board.local:11411", "http://board.local:11411"];
  assert.equal(await at("/", { host }), 200);
  assert.equal(await at("/page/main.js", { host, origin }), 200, "browsers ask for modules with an origin");
  assert.equal(await at("/skein/plan", { host }), 401);
  const policy = { key: "sk-1", origins: [] };
  assert.equal(accessOf(policy, { host, origin, authorization: "Bearer sk-1" }).type, "granted");
  const refused = [
    accessOf(policy, { host, origin, authorization: null }),
    accessOf(policy, { host, origin: "http://evil.example", authorization: "Bearer sk-1" }),
    accessOf({ origins: [] }, { host, origin, authorization: null }),
  ];
  assert.deepEqual(refused.map((access) => access.type === "refused" && access.status), [401, 403, 403]);
});

test("without a key the page is for this machine's names alone", async () => {
  await using scene = await apiScene({}, undefined, openPageFiles());
  const rebound = await (await scene.request("/", undefined, { headers: { host: "evil.example" } })).response;
  assert.equal(rebound.status, 403);
});

function typeFor(path: string): RegExp {
  if (path === "/") return /^text\/html/;
  return path.endsWith(".css") ? /^text\/css/ : path.endsWith(".svg") ? /^image\/svg\+xml$/ : /^text\/javascript/;
}
