import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import fc from "fast-check";
import { conversation, mixtureAt, seededRandom, writePuzzle } from "../../training/generator/mod.ts";
import { createEncoder, trainBytePairs } from "../../training/tokenizer/byte-pairs.ts";
import { bosId, chatTemplate, endId } from "../../training/tokenizer/special-tokens.ts";
import { readTokenizer } from "../../training/tokenizer/tokenizer-file.ts";
import { tokensOf } from "../../training/tokens.ts";
import { bundleFromFolder, createTokenizer, encodeChat } from "../../models/text/mod.ts";

const file = new URL("../../training/tokenizer.json", import.meta.url);
const { vocab, merges } = await readTokenizer(file);
const encode = createEncoder(vocab, merges);
const bundle = bundleFromFolder({
  tokenizer: JSON.parse(await readFile(file, "utf8")),
  config: { bos_token: "<|bos|>", eos_token: "<|end|>", add_bos_token: true, chat_template: chatTemplate },
});
const tokenizer = createTokenizer(bundle);

test("the most frequent pair is merged first, and what is merged can be merged again", () => {
  const merges = trainBytePairs(new Map([["low", 5], ["lower", 3], ["er", 1]]), 3);
  assert.deepEqual(merges, [["l", "o"], ["lo", "w"], ["e", "r"]]);
});

test("text becomes the same tokens in training as in Skein", () => {
  const random = seededRandom(4);
  for (let i = 0; i < 200; i++) {
    for (const message of conversation(random, "train", mixtureAt(0.9)).messages) {
      assert.deepEqual(encode(message), tokenizer.encode(message, { addBos: false }));
    }
  }
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    const ids = encode(text);
    assert.deepEqual(ids, tokenizer.encode(text, { addBos: false }));
    assert.equal(tokenizer.decode(ids), text);
  }));
});

test("a conversation becomes the same tokens in training as by the chat template", () => {
  const messages = ["Tell me a story about a fox.", "Once there was a fox.", "Thank you", "You are welcome!"];
  const { ids, kinds } = tokensOf({ kind: "story", messages }, encode);
  const chat = messages.map((content, i) => ({ role: i % 2 === 0 ? "user" : "assistant", content }));
  assert.deepEqual(ids, encodeChat(tokenizer, bundle, chat, { addGenerationPrompt: false }));
  assert.equal(ids[0], bosId);
  assert.equal(ids.at(-1), endId);
  assert.equal(kinds.at(-1), 1);
  const before = encodeChat(tokenizer, bundle, chat.slice(0, 1));
  assert.deepEqual(ids.slice(0, before.length), before);
  assert.equal(kinds.indexOf(1), before.length);
});

test("a coined name is two tokens, whichever side it is on", () => {
  for (const name of [" Mara", " Zovu", " kelo", " Velu"]) assert.equal(encode(name).length, 2, name);
});

test("what an answer leaves unsaid is known where it says what is found by it", () => {
  const random = seededRandom(8);
  const { text, glue, questions } = writePuzzle("lookup", { random, split: "train", hops: 3, redundancy: 0 });
  const [{ question, answer, explanation, unsaid = [] } = assert.fail()] = questions;
  const { ids, steps } = tokensOf({
    kind: "task",
    messages: [text + glue + question, answer],
    unsaid: new Map([[1, unsaid]]),
  }, encode);
  const [, holder, person, room] = /under the (.+?), .* with (\w+?), .* in the (\w+)\.$/.exec(explanation) ?? [];
  assert.equal(steps.size, 1);
  for (const [at, [first, second]] of steps) {
    assert.equal(tokenizer.decode(ids.slice(at, at + 1)), ` ${room}`);
    assert.equal(first, encode(` ${holder}`).at(-1));
    assert.equal(second, encode(` ${person}`).at(-1));
  }
});

test("what follows from a rule's demonstrations counts like an answer, but for the first", () => {
  const { text, derivable = [] } = writePuzzle("rule", {
    random: seededRandom(3),
    split: "train",
    hops: 3,
    redundancy: 0.5,
  });
  const { ids, kinds } = tokensOf({ kind: "task", messages: [text], derivable }, encode);
  const marked = tokenizer.decode(ids.filter((_, at) => kinds[at] === 2));
  const given = [...text.matchAll(/ give( \w+ \w+)\./g)].map(([, words]) => words);
  assert.equal(given.length, 5);
  assert.equal(marked, given.slice(1).join(""));
});
