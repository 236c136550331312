/** Nothing leaves the user's devices, not even what a library would send of its own accord. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { skein } from "./command.ts";

test("loading ONNX Runtime starts no telemetry: no device id, no session, no log", async () => {
  const folder = await mkdtemp(join(tmpdir(), "skein-privacy-"));
  // The library keeps quiet by itself on CI machines, which would make this test see nothing.
  const { CI: _, ORT_DISABLE_TELEMETRY: __, ORT_TELEMETRY_DISABLED: ___, ...rest } = process.env;
  const denoFolder = process.env["DENO_DIR"] ?? join(process.env["HOME"] ?? folder, ".cache", "deno");
  try {
    const env = { ...rest, HOME: folder, TMPDIR: folder, XDG_CACHE_HOME: folder, DENO_DIR: denoFolder };
    const { stdout } = await skein(["doctor"], 60_000, env);
    assert.match(stdout, /ONNX Runtime .* computes/);
    assert.deepEqual((await readdir(folder, { recursive: true })).filter((name) => !name.startsWith(".local")), []);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
