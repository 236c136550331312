/** One device, and every split over two and three devices, give the tokens that llama.cpp gives; real daemons. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { references, shared, skipWithoutModels } from "../shared.ts";
import { complete, type LocalMesh, startLocalMesh } from "./local-mesh.ts";

/** All ways to cut `blocks` into `parts` runs of at least one block. */
function compositions(blocks: number, parts: number): number[][] {
  if (parts === 1) return [[blocks]];
  return Array.from({ length: blocks - parts + 1 }, (_, index) => index + 1)
    .flatMap((first) => compositions(blocks - first, parts - 1).map((rest) => [first, ...rest]));
}

async function assertAnswers(mesh: LocalMesh, label: string): Promise<void> {
  const cases = references("babyllama-f32.gguf");
  assert.equal(cases.length, 8);
  // All at once, each through another daemon: several prompts share batches and must not touch each other.
  const texts = await Promise.all(
    cases.map(({ prompt }, index) => complete(mesh.api(index % mesh.daemons.length), prompt)),
  );
  for (const [index, { prompt, text }] of cases.entries()) {
    // llama.cpp's text is a decode of the answer alone, so a space at its beginning is lost there.
    assert.equal(
      texts[index]?.text.trimStart(),
      text.trimStart(),
      `${label}: ${prompt}`,
    );
  }
}

for (const model of ["babyllama-f32.gguf", "babyllama-hf"]) {
  test(
    `${model} answers like llama.cpp on one device and at every split over two and three`,
    {
      skip: skipWithoutModels,
    },
    async () => {
      await using mesh = await startLocalMesh(3, shared(`models/${model}`), [
        "--concurrency",
        "8",
      ]);
      const blocks = await mesh.blocks();
      for (const counts of [1, 2, 3].flatMap((parts) => compositions(blocks, parts))) {
        await mesh.split(counts);
        await assertAnswers(mesh, counts.join("+"));
      }
    },
  );
}

test("the built-in model answers the same on one device and at every split over two and three", async () => {
  await using mesh = await startLocalMesh(3, builtinModelPath(), ["--concurrency", "4"]);
  const prompts = ["Once there was a goose", "Tell me a story", "The key is", "Who are you?"];
  const answers = () => Promise.all(prompts.map((prompt, index) => complete(mesh.api(index % 3), prompt, 40)));
  const blocks = await mesh.blocks();
  await mesh.split([blocks]);
  const alone = (await answers()).map(({ text }) => text);
  for (const counts of [2, 3].flatMap((parts) => compositions(blocks, parts))) {
    await mesh.split(counts);
    assert.deepEqual((await answers()).map(({ text }) => text), alone, counts.join("+"));
  }
});
