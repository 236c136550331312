/** Clients that are answered at once, on real daemons: what they get, and what they leave. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkServing } from "../../bench/serve/check.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { startLocalMesh } from "./local-mesh.ts";

for (const devices of [1, 2, 3]) {
  test(`32 clients on ${devices} devices get what they get alone, some leave, and nothing of them stays`, async () => {
    await using mesh = await startLocalMesh(devices, builtinModelPath(), [
      "--concurrency",
      "8",
    ]);
    const { faults } = await checkServing(mesh, {
      clients: 32,
      tokens: 16,
      seed: devices,
    });
    assert.deepEqual(faults, []);
  });
}
