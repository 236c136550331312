/** A mesh whose devices have all been off: it goes on by itself, with the model, the split and the blocks that it had. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MeshSummary } from "../../actors/gateway/mesh-view.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { complete, ended, startLocalMesh } from "./local-mesh.ts";

const layout = ({ state }: MeshSummary) =>
  state.type === "active" ? state.plan.segments.map(({ name, first, last }) => `${name} ${first}-${last}`) : [];

test("after all devices were killed the mesh comes back with its model and its pin, and nobody names a model", async () => {
  await using mesh = await startLocalMesh(3, builtinModelPath(), ["--mirrors", "off"]);
  await mesh.split([2, 3, 3]);
  const before = layout(await mesh.until(({ state }) => state.type === "active"));
  const { text } = await complete(mesh.api(0), "Once upon a time", 20);
  // Until each has written what it has heard.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  for (const index of [0, 1, 2]) mesh.signal(index, "SIGKILL");
  for (const { ready } of mesh.daemons) await ended(ready.pid);

  const [first, second] = await Promise.all([mesh.restart(1, { modelless: true }), mesh.restart(2)]);
  const events: { type: string }[] = [];
  for (const { onEvent } of [first, second]) onEvent((event) => events.push(event));
  await mesh.until(({ models }) => models.length === 1, 1);
  const began = performance.now();
  await mesh.restart(0, { modelless: true });
  for (const index of [0, 1, 2]) {
    await mesh.until((view) => JSON.stringify(layout(view)) === JSON.stringify(before), index);
  }
  const { state } = await mesh.until(({ state }) => state.type === "active", 1);
  assert.equal(state.type === "active" ? state.plan.planner : "", "pinned");
  assert.equal((await complete(mesh.api(2), "Once upon a time", 20)).text, text);
  assert.ok(performance.now() - began < 30_000);
});
