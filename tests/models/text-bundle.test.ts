import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleFromFolder, bundleFromGguf, createTokenizer, parseBundle } from "../../models/text/mod.ts";
import { chatMetadata, sentencePieceMetadata } from "./text-shared.ts";

test("a bundle is plain JSON and survives the journey", () => {
  for (const metadata of [chatMetadata(), sentencePieceMetadata()]) {
    const bundle = bundleFromGguf(metadata);
    assert.deepEqual(parseBundle(JSON.parse(JSON.stringify(bundle))), bundle);
  }
});

test("a GGUF vocabulary keeps its special tokens, ends of text and template", () => {
  const { vocabulary: _, chatTemplate, ...bundle } = bundleFromGguf(chatMetadata());
  assert.deepEqual(bundle, {
    format: 1,
    addBos: false,
    addEos: false,
    bosId: 256,
    eosId: 258,
    bosText: "<|endoftext|>",
    eosText: "<|im_end|>",
    endIds: [258, 256],
  });
  assert.match(chatTemplate ?? "", /im_start/);
  assert.equal(bundleFromGguf(chatMetadata({ "tokenizer.ggml.pre": "llama-bpe" })).addBos, true);
  assert.equal(
    bundleFromGguf(chatMetadata({ "tokenizer.ggml.pre": "tekken", "tokenizer.ggml.add_bos_token": false })).addBos,
    false,
  );
});

test("what a GGUF file lacks or has wrong is named", () => {
  const wrong = (changes: Record<string, unknown>, message: RegExp) =>
    assert.throws(() => bundleFromGguf(chatMetadata(changes)), { name: "TypeError", message });
  wrong({ "tokenizer.ggml.model": "rwkv" }, /"rwkv"; known are llama and gpt2/);
  wrong({ "tokenizer.ggml.model": undefined }, /tokenizer\.ggml\.model\) is missing/);
  wrong({ "tokenizer.ggml.pre": "klingon" }, /"klingon" is unknown; known are default, gpt-2/);
  wrong({ "tokenizer.ggml.tokens": undefined }, /tokens is missing/);
  wrong({ "tokenizer.ggml.tokens": [1, 2] }, /tokens must be a list of texts/);
  wrong({ "tokenizer.ggml.merges": undefined }, /merges is missing/);
  wrong({ "tokenizer.ggml.token_type": [1] }, /token_type must be a list of 260 numbers/);
  wrong({ "tokenizer.ggml.bos_token_id": 260 }, /bos_token_id must be a token id below 260, got "260"/);
  wrong({ "tokenizer.ggml.add_bos_token": "yes" }, /add_bos_token must be true or false/);
  wrong({ "tokenizer.chat_template": "x".repeat(1 << 20) }, /chat_template must be a text of at most/);
});

test("a bundle from elsewhere is refused with the part that is wrong", () => {
  const bundle = bundleFromGguf(sentencePieceMetadata());
  const wrong = (value: unknown, message: RegExp) =>
    assert.throws(() => parseBundle(value), { name: "TypeError", message });
  wrong(null, /Cannot read the tokenizer/);
  wrong({ ...bundle, format: 2 }, /format/);
  wrong({ ...bundle, bosId: -1 }, /bosId/);
  wrong({ ...bundle, endIds: [1.5] }, /endIds\.0/);
  wrong({ ...bundle, vocabulary: { ...bundle.vocabulary, scores: [] } }, /equally long/);
  wrong({ ...bundle, vocabulary: { kind: "wordpiece" } }, /vocabulary\.kind/);
  const bytes = bundleFromGguf(chatMetadata());
  const model = { type: "BPE", vocab: { a: 2 ** 40 }, merges: [] };
  wrong({ ...bytes, vocabulary: { ...bytes.vocabulary, model } }, /vocabulary\.model\.vocab/);
  wrong({ ...bytes, vocabulary: { ...bytes.vocabulary, model: { ...model, vocab: {}, merges: [7] } } }, /merges/);
});

test("a folder's configurations agree on BOS and name all ends of text", () => {
  const tokenizer = {
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
    post_processor: {
      type: "Sequence",
      processors: [{ type: "ByteLevel" }, {
        type: "TemplateProcessing",
        single: [{ SpecialToken: { id: "<bos>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      }],
    },
    decoder: { type: "ByteLevel" },
    model: { type: "BPE", vocab: { a: 0, b: 1 }, merges: [["a", "b"]] },
    added_tokens: [
      { id: 2, content: "<bos>", special: true },
      { id: 3, content: "<eos>", special: true },
      { id: 4, content: "<|im_end|>", special: true },
      { id: 9, content: "<think>", special: false },
    ],
  };
  const files = { tokenizer, generation: { eos_token_id: [3, 5] }, model: { eos_token_id: 6 } };
  const bundle = bundleFromFolder({ ...files, config: { bos_token: { content: "<bos>" }, eos_token: "<eos>" } });
  assert.deepEqual([bundle.addBos, bundle.addEos, bundle.bosId, bundle.eosId], [true, false, 2, 3]);
  assert.deepEqual(bundle.endIds, [3, 5, 6, 4]);
  assert.equal(createTokenizer(bundle).vocabulary, 10);
  assert.equal(bundleFromFolder(files).bosText, "<bos>");
  const without = bundleFromFolder({ ...files, config: { bos_token: null, add_bos_token: false } });
  assert.equal(without.addBos, false);
  const named = [{ name: "tool_use", template: "t" }, { name: "default", template: "d" }];
  assert.equal(bundleFromFolder({ ...files, config: { chat_template: named } }).chatTemplate, "d");
  assert.equal(bundleFromFolder({ ...files, config: { chat_template: "c" }, chatTemplate: "j" }).chatTemplate, "j");
});

test("a tokenizer.json that cannot be honoured is refused with the part that is unknown", () => {
  const base = { normalizer: null, pre_tokenizer: null, decoder: { type: "ByteLevel" }, added_tokens: [] };
  const model = { type: "BPE", vocab: {}, merges: [] };
  const make = (tokenizer: unknown) => createTokenizer(bundleFromFolder({ tokenizer }));
  assert.throws(() => make(undefined), /tokenizer\.json has no model/);
  assert.throws(() => make({ ...base, model: { type: "Unigram", vocab: [] } }), /its model is "Unigram"; known is BPE/);
  assert.throws(() => make({ ...base, model, decoder: { type: "CTC" } }), /decoder has the step {"type":"CTC"}/);
  assert.throws(() => make({ ...base, model, pre_tokenizer: { type: "Runes" } }), /Unknown PreTokenizer type: Runes/);
  const split = { type: "Split", pattern: { String: " " }, behavior: "MergedWithPrevious", invert: false };
  const sequence = { type: "Sequence", pretokenizers: [split] };
  assert.throws(
    () => make({ ...base, model, pre_tokenizer: sequence }),
    /splits with the behavior "MergedWithPrevious"/,
  );
});
