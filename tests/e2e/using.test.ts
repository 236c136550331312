/** Another model for a mesh that runs, by the commands that people type. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { modelOf } from "../../actors/plan.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { syntheticModel, writeGgufModel } from "../models/synthetic-model.ts";
import { skein } from "./command.ts";
import { complete, startLocalMesh } from "./local-mesh.ts";

test("the whole mesh switches to a file's model and back by its name; two are served at once; a daemon is told its model is not used", async () => {
  const folder = await mkdtemp(join(tmpdir(), "skein-use-"));
  try {
    const path = await writeGgufModel(join(folder, "tiny.gguf"), syntheticModel("llama", { vocabulary: 259 }));
    await using mesh = await startLocalMesh(2, builtinModelPath(), ["--mirrors", "off"]);
    const { state } = await mesh.until(({ state }) => state.type === "active");
    const builtin = state.type === "active" ? state.plan.model.name : "";
    const first = await complete(mesh.api(1), "Once upon a time", 12);
    const at = ["--data-dir", mesh.daemons[1]?.ready.dataDir ?? ""];

    const switched = await skein(["use", path, "--context", "128", ...at]);
    assert.equal(switched.code, 0, switched.stderr);
    assert.match(switched.stdout, /^The mesh serves tiny: d/);
    assert.deepEqual(await modelsAt(mesh.api(0)), ["tiny"]);
    assert.equal((await complete(mesh.api(0), [1, 2, 3], 4)).finish, "length");

    const both = await skein(["use", builtin, "--also", "--json", ...at]);
    assert.equal(both.code, 0, both.stderr);
    assert.equal(JSON.parse(both.stdout).model.name, builtin);
    assert.deepEqual(await modelsAt(mesh.api(0)), [builtin, "tiny"]);
    assert.deepEqual((await complete(mesh.api(0), "Once upon a time", 12)).text, first.text);

    await mesh.join();
    await skein(["use", builtin, ...at]);
    assert.deepEqual(await modelsAt(mesh.api(2)), [builtin]);
    await mesh.until(
      ({ models }) => models.length === 1 && models.every((model) => modelOf(model).name === builtin),
      2,
    );

    const unknown = await skein(["use", "nothing-of-this-name", ...at]);
    assert.equal(unknown.code, 1);
    const open = await fetch(`${mesh.api(0)}/skein/use`, { method: "POST", body: JSON.stringify({ model: builtin }) });
    assert.equal(open.status, 403);
    await open.body?.cancel();

    // One that comes with another model is told at once that it is not used.
    const other = await writeGgufModel(
      join(folder, "other.gguf"),
      syntheticModel("llama", { vocabulary: 259, layers: 3 }),
    );
    const late = await mesh.join(["--model", other]);
    const said = await new Promise<string>((resolve) =>
      late.onEvent((event) =>
        event.type === "unused" ? resolve((event as { reason?: string }).reason ?? "") : undefined
      )
    );
    assert.equal(said, `The mesh serves ${builtin}; other is ready here, but not used.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

async function modelsAt(api: string): Promise<string[]> {
  const list = await (await fetch(`${api}/v1/models`)).json() as { data: { id: string }[] };
  return list.data.map(({ id }) => id);
}
