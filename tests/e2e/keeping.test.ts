/** Models on the disks of real daemons: listed, kept to a limit, pruned and removed beside answers. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Keeping, LetGo } from "../../actors/keeper/protocol.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { skein } from "./command.ts";
import { complete, ended, type LocalMesh, startLocalMesh } from "./local-mesh.ts";

async function models(
  mesh: LocalMesh,
  index: number,
  ...more: string[]
): Promise<{ code: number | null; out: string; err: string }> {
  const dataDir = mesh.daemons[index]?.ready.dataDir ?? "";
  const { code, stdout, stderr } = await skein(["models", ...more, "--data-dir", dataDir]);
  return { code, out: stdout, err: stderr };
}

/** The model as it is listed once it is known here that all three have it. */
async function listedOnAll(mesh: LocalMesh): Promise<Keeping["models"][number]> {
  for (let look = 0;; look++) {
    const listed = JSON.parse((await models(mesh, 0, "--json")).out) as Keeping;
    const [model] = listed.models;
    if (model?.on.toSorted().join() === "d0,d1,d2") return model;
    if (look === 20) assert.fail(JSON.stringify(listed));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** What pruning would delete, once others have said that they have copies. */
async function prunable(mesh: LocalMesh): Promise<LetGo> {
  for (let look = 0;; look++) {
    const would = JSON.parse((await models(mesh, 0, "prune", "--dry-run", "--json")).out) as LetGo;
    if (would.bytes > 0) return would;
    if (look === 40) assert.fail(JSON.stringify(would));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

test("a served model is listed and refused; what old plans left is pruned; answers stay the same", async () => {
  await using mesh = await startLocalMesh(3, builtinModelPath(), ["--mirrors", "off"], { holders: [0, 1, 2] });
  const before = await complete(mesh.api(0), "Once upon a time", 24);
  const model = await listedOnAll(mesh);
  assert.ok(model.serving, JSON.stringify(model));
  const refused = await models(mesh, 0, "rm", model.name, "--yes");
  assert.equal(refused.code, 1);
  assert.match(refused.err, /is being served/);
  const would = await prunable(mesh);
  assert.equal((await models(mesh, 0, "prune")).code, 2, "nobody can be asked here");
  const gone = JSON.parse((await models(mesh, 0, "prune", "--yes", "--json")).out) as LetGo;
  assert.ok(gone.bytes >= would.bytes, `${JSON.stringify(gone)}, and ${JSON.stringify(would)} before`);
  const after = JSON.parse((await models(mesh, 0, "--json")).out) as Keeping;
  assert.equal(after.models[0]?.hereBytes, model.hereBytes - gone.bytes);
  assert.deepEqual(await complete(mesh.api(0), "Once upon a time", 24), before);
  // A pruned block is fetched again when a plan wants it here.
  const blocks = await mesh.blocks();
  await mesh.split([blocks - 2, 1, 1]);
  assert.deepEqual((await complete(mesh.api(0), "Once upon a time", 24)).text, before.text);
  await mesh.daemons[2]?.stop();
  await ended(mesh.daemons[2]?.ready.pid ?? 0);
  const away = await skein([
    "models",
    "rm",
    model.name,
    "--yes",
    "--data-dir",
    mesh.daemons[2]?.ready.dataDir ?? join("nowhere"),
  ]);
  assert.match(away.stdout, /deleted/, away.stderr);
});
