import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleFromFolder, createTokenizer, type TokenizerBundle } from "../../models/text/mod.ts";
import { ggufBundle, needsShared, readShared } from "./text-shared.ts";

interface Case {
  readonly prompt: string;
  readonly ids: readonly number[];
  readonly greedy: readonly number[];
  readonly text: string;
}

function folderBundle(): TokenizerBundle {
  const read = (file: string) => JSON.parse(readShared(`models/babyllama-hf/${file}`));
  return bundleFromFolder({
    tokenizer: read("tokenizer.json"),
    config: read("tokenizer_config.json"),
    model: read("config.json"),
  });
}

function checkReferences(bundle: TokenizerBundle): void {
  const tokenizer = createTokenizer(bundle);
  const { cases }: { cases: readonly Case[] } = JSON.parse(readShared("models/references.json"));
  for (const { prompt, ids, greedy, text } of cases) {
    assert.deepEqual(tokenizer.encode(prompt), ids);
    assert.equal(tokenizer.decode(ids), prompt);
    assert.equal(tokenizer.decode(greedy), text);
    const whole = prompt + tokenizer.decode([...ids, ...greedy]).slice(prompt.length);
    assert.ok(whole.endsWith(text));
  }
  assert.deepEqual([tokenizer.bosId, [...tokenizer.endIds], tokenizer.vocabulary], [1, [2], 361]);
}

test("babyllama's GGUF vocabulary gives the reference tokens and texts", needsShared, async () => {
  checkReferences(await ggufBundle("models/babyllama-f32.gguf"));
});

test("babyllama's Hugging Face folder gives the reference tokens and texts", needsShared, () => {
  checkReferences(folderBundle());
});

test("both forms of a model agree on any text", needsShared, async () => {
  const [first, second] = [
    createTokenizer(await ggufBundle("models/babyllama-f32.gguf")),
    createTokenizer(folderBundle()),
  ];
  for (const text of ["", " ", "  two", "a\n\tb", "naïve 🦙", "</s> typed", "▁", "\u0000"]) {
    assert.deepEqual(first.encode(text), second.encode(text), JSON.stringify(text));
  }
});
