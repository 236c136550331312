/** A model that is named, not pointed at: looked up, fetched, compiled and served; the second time from the cache. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { startHub } from "../models/hub-server.ts";
import { skein } from "./command.ts";
import { startLocalMesh } from "./local-mesh.ts";

test("a model is served by its name on the hub, from the cache too; what is not there gets a sentence", async () => {
  const gguf = new Uint8Array(await readFile(builtinModelPath()));
  await using hub = await startHub({ repo: "owner/gosling", files: { "gosling-Q8_0.gguf": gguf } });
  const home = await mkdtemp(join(tmpdir(), "skein-hub-"));
  Object.assign(process.env, { HF_ENDPOINT: hub.url, HF_HOME: home });
  try {
    for (const fetched of [1, 1]) {
      await using mesh = await startLocalMesh(1, "hf:owner/gosling:q8_0");
      const { state } = await mesh.until(({ state }) => state.type === "active");
      assert.equal(state.type === "active" && state.plan.model.name, "gosling-Q8_0");
      assert.equal(hub.asked.length, fetched);
    }
    const up = (model: string) =>
      skein(["up", "--model", model, "--api", "127.0.0.1:0", "--no-mdns", "--data-dir", join(home, "data")]);
    const [none, kind] = [await up("hf:owner/none"), await up("hf:owner/gosling:Q2_K")];
    assert.deepEqual([none.code, kind.code], [1, 1]);
    assert.match(none.stderr, /There is no repository owner\/none/);
    assert.match(kind.stderr, /no GGUF file in Q2_K; it has Q8_0/);
  } finally {
    for (const name of ["HF_ENDPOINT", "HF_HOME"]) delete process.env[name];
    await rm(home, { recursive: true });
  }
});
