import assert from "node:assert/strict";
import { test } from "node:test";
import { createTokenizer, parseBundle } from "../../models/text/mod.ts";
import { ggufBundle, needsShared, readShared } from "./text-shared.ts";

const SEPARATOR = "\n__ggml_vocab_test__\n";

for (const name of ["gpt-2", "llama-spm"]) {
  test(`${name} gives llama.cpp's tokens for each of its test texts, and the texts back`, needsShared, async () => {
    const path = `tokenizers/ggml-vocab-${name}.gguf`;
    const bundle = await ggufBundle(path);
    const tokenizer = createTokenizer(parseBundle(JSON.parse(JSON.stringify(bundle))));
    const lines = readShared(`${path}.out`).split("\n").slice(0, -1);
    const texts = readShared(`${path}.inp`).split(SEPARATOR).slice(0, lines.length);
    assert.equal(texts.length, 46);
    texts.forEach((text, index) => {
      const ids = tokenizer.encode(text, { addBos: false });
      assert.equal(ids.join(" "), lines[index]?.trim(), JSON.stringify(text));
      assert.equal(tokenizer.decode(ids), text);
    });
  });
}
