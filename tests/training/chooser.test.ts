/** The built-in model's chooser: it is for this model, and what it says makes sense. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startLocalCompute } from "../../actors/daemon/start-compute.ts";
import { builtinModelPath } from "../../models/builtin/mod.ts";
import { compileModel } from "../../models/compile/mod.ts";
import { levelsOf } from "../../models/elastic.ts";
import { openBlockStore } from "../../models/store/mod.ts";
import { compress, createTokenizer, parseBundle, readForChoosing } from "../../models/text/mod.ts";
import { validationSet } from "../../training/validation-set.ts";
import { withFolder } from "../models/temporary.ts";

test("the built-in model's chooser trusts more of the model and of the prompt more, and keeps the question", async () => {
  await withFolder(async (folder) => {
    const store = await openBlockStore(join(folder, "store"));
    const manifest = await compileModel(builtinModelPath(), { store });
    const blob = manifest.elastic?.chooser;
    assert.ok(blob !== undefined);
    const bundle = parseBundle(JSON.parse(await readFile(store.path(manifest.tokenizer), "utf8")));
    const tokenizer = createTokenizer(bundle);
    await using compute = startLocalCompute({ threads: 1 });

    let [all, least, asked] = [0, 0, 0];
    const { tasks } = validationSet({ perSetting: 1, stories: 0 });
    for (const { prompt } of tasks) {
      const reading = readForChoosing(tokenizer, [{ role: "user", content: prompt }]);
      const request = { path: store.path(blob), tokens: reading.tokens, levels: levelsOf(manifest).length };
      const { keep, right } = await compute.choose(request);
      all += right.at(0)?.at(-1) ?? NaN;
      least += right.at(-1)?.at(0) ?? NaN;
      const [shorter] = compress(reading, keep, 0.6).messages;
      if (shorter?.content.endsWith(prompt.slice(-12)) === true) asked++;
    }
    assert.ok(all / tasks.length > 0.6, `the whole of both: ${all / tasks.length}`);
    assert.ok(least / tasks.length < 0.4, `the least of both: ${least / tasks.length}`);
    assert.ok(asked / tasks.length > 0.9, `the question is there in ${asked} of ${tasks.length}`);
  });
});
