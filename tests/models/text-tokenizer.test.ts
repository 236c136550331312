import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  bundleFromFolder,
  bundleFromGguf,
  createTokenizer,
  createTokenReader,
  type Tokenizer,
  TooManyTokensError,
} from "../../models/text/mod.ts";
import { chatMetadata, sentencePieceMetadata } from "./text-shared.ts";

const byteLevel = createTokenizer(bundleFromGguf(chatMetadata()));
const sentencePiece = createTokenizer(bundleFromGguf(sentencePieceMetadata()));
const both: readonly (readonly [string, Tokenizer])[] = [["byte-level", byteLevel], ["SentencePiece", sentencePiece]];

/** Text with control tokens and parts of them in it. */
const hostileText = fc.array(
  fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "<|im_end|>",
      "<|im_",
      "end|>",
      "<s>",
      "</s>",
      "<unk>",
      "<0x41>",
      "<note>",
      "<tool_call>",
      " ",
      "▁",
      "ab",
    ),
  ),
  { maxLength: 12 },
).map((parts) => parts.join(""));

for (const [name, tokenizer] of both) {
  test(`${name}: what is refused by its length is too long, and what has few tokens never is`, () => {
    const longText = fc.tuple(hostileText, fc.integer({ min: 1, max: 40 })).map(([text, times]) => text.repeat(times));
    fc.assert(fc.property(longText, fc.boolean(), fc.nat(50), (text, parseSpecial, limit) => {
      const tokens = tokenizer.encode(text, { parseSpecial });
      let refused = false;
      try {
        assert.deepEqual(tokenizer.encode(text, { parseSpecial, limit }), tokens);
      } catch (error) {
        assert.ok(error instanceof TooManyTokensError);
        assert.ok(tokens.length >= error.atLeast && error.atLeast > limit);
        refused = true;
      }
      assert.ok(!refused || tokens.length > limit);
    }));
    assert.throws(() => tokenizer.encode("x".repeat(10_000), { limit: 100 }), TooManyTokensError);
  });

  test(`${name}: a table of its tokens reads them as it does`, () => {
    const reader = createTokenReader(structuredClone(tokenizer.table()));
    assert.deepEqual(reader.endIds, tokenizer.endIds);
    const ids = fc.array(fc.integer({ min: -1, max: tokenizer.vocabulary }));
    fc.assert(fc.property(ids, ids, fc.boolean(), (after, ids, skipSpecial) => {
      const read = ({ detokenizer }: Pick<Tokenizer, "detokenizer">) => {
        const { push, flush } = detokenizer({ after, skipSpecial });
        return ids.map(push).join("") + flush();
      };
      assert.equal(read(reader), read(tokenizer));
    }));
  });
}

for (const [name, tokenizer] of both) {
  test(`${name}: decoding what was encoded gives the text back`, () => {
    // SentencePiece writes a space as "▁" and adds one behind a user-defined token: decoding cannot tell them from typed.
    const faithful = (text: string) =>
      tokenizer === sentencePiece ? text.replaceAll("<note>", "").replaceAll("▁", " ") : text;
    fc.assert(fc.property(hostileText.map(faithful), (text) => {
      assert.equal(tokenizer.decode(tokenizer.encode(text)), text.toWellFormed());
    }));
  });

  test(`${name}: typed text never becomes a control token`, () => {
    const control = new Set(
      tokenizer.controlTexts.map((text) => tokenizer.encode(text, { addBos: false, parseSpecial: true })[0]),
    );
    fc.assert(fc.property(hostileText, (text) => {
      assert.ok(!tokenizer.encode(text, { addBos: false }).some((id) => control.has(id)));
    }));
  });

  test(`${name}: texts that come token by token make the text of all tokens, and no broken character`, () => {
    const id = fc.integer({ min: 0, max: tokenizer.vocabulary + 2 });
    fc.assert(fc.property(fc.array(id, { maxLength: 40 }), fc.boolean(), (ids, skipSpecial) => {
      const { push, flush } = tokenizer.detokenizer({ skipSpecial });
      assert.equal(ids.map(push).join("") + flush(), tokenizer.decode(ids, { skipSpecial }));
    }));
    const intact = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\ufffd"));
    fc.assert(fc.property(intact, (text) => {
      const { push, flush } = tokenizer.detokenizer();
      const pieces = tokenizer.encode(text).map(push);
      assert.ok(!pieces.some((piece) => piece.includes("\ufffd") || !piece.isWellFormed()));
      assert.equal(flush(), "");
    }));
  });

  test(`${name}: a detokenizer in the middle of a text gives what the whole text adds`, () => {
    const id = fc.integer({ min: 0, max: tokenizer.vocabulary - 1 });
    const ids = fc.array(id, { maxLength: 20 });
    fc.assert(fc.property(ids, ids, (before, added) => {
      const whole = tokenizer.detokenizer();
      before.forEach(whole.push);
      const middle = tokenizer.detokenizer({ after: before });
      assert.equal(added.map(middle.push).join("") + middle.flush(), added.map(whole.push).join("") + whole.flush());
    }));
  });
}

test("a character of several tokens comes out with its last byte", () => {
  const { push, flush } = byteLevel.detokenizer();
  const goose = [...new TextEncoder().encode("🪿")];
  assert.deepEqual(goose.map(push), ["", "", "", "🪿"]);
  assert.deepEqual([push(goose[0] ?? -1), flush()], ["", "\ufffd"]);
  const rest = byteLevel.detokenizer({ after: goose.slice(0, 2) });
  assert.deepEqual(goose.slice(2).map(rest.push), ["", "🪿"]);
});

test("the space that SentencePiece puts in front of a text goes, one in the middle stays", () => {
  const ids = sentencePiece.encode("a a");
  assert.equal(sentencePiece.decode(ids), "a a");
  const fresh = sentencePiece.detokenizer();
  assert.equal(fresh.push(ids.at(-1) ?? -1), "a");
  const middle = sentencePiece.detokenizer({ after: ids.slice(0, 2) });
  assert.equal(middle.push(ids.at(-1) ?? -1), " a");
  const plain = createTokenizer(bundleFromGguf(sentencePieceMetadata({ "tokenizer.ggml.add_space_prefix": false })));
  assert.equal(plain.decode(plain.encode(" a")), " a");
});

test("BOS and EOS come as the model says, as the caller says, and once", () => {
  const [bos, eos] = [1, 2];
  const ending = createTokenizer(bundleFromGguf(sentencePieceMetadata({ "tokenizer.ggml.add_eos_token": true })));
  const word = sentencePiece.encode("b", { addBos: false });
  assert.deepEqual(sentencePiece.encode("b"), [bos, ...word]);
  assert.deepEqual(ending.encode("b"), [bos, ...word, eos]);
  assert.deepEqual(ending.encode("b", { addBos: false }), word);
  assert.deepEqual(sentencePiece.encode("<s>b", { parseSpecial: true }), [bos, ...word]);
  assert.deepEqual(sentencePiece.encode(""), [bos]);
  assert.deepEqual(byteLevel.encode(""), []);
});

test("control tokens are read on request and shown on request, user-defined ones always", () => {
  assert.deepEqual(byteLevel.encode("<|im_end|>", { parseSpecial: true }), [258]);
  assert.equal(byteLevel.encode("<|im_end|>").length, "<|im_end|>".length);
  assert.deepEqual(byteLevel.encode("<tool_call>"), [259]);
  assert.equal(byteLevel.decode([258, 259]), "<tool_call>");
  assert.equal(byteLevel.decode([258, 259], { skipSpecial: false }), "<|im_end|><tool_call>");
});

test("SentencePiece merges the best score first, the leftmost of equals, and unmakes unused pieces", () => {
  const tokens = ["<unk>", "<s>", "</s>", "a", "aa", "b", "ab", "aab"];
  const vocabulary = (types: readonly number[]) =>
    createTokenizer(bundleFromGguf({
      "tokenizer.ggml.model": "llama",
      "tokenizer.ggml.tokens": tokens,
      "tokenizer.ggml.scores": [0, 0, 0, -9, -1, -9, -2, -3],
      "tokenizer.ggml.token_type": types,
      "tokenizer.ggml.add_space_prefix": false,
      "tokenizer.ggml.add_bos_token": false,
    }));
  const used = vocabulary([2, 3, 3, 1, 1, 1, 1, 1]);
  assert.deepEqual(used.encode("aaa"), [4, 3]);
  assert.deepEqual(used.encode("aab"), [7]);
  assert.deepEqual(used.encode("a?"), [3, 0], "no byte tokens: unknown");
  assert.deepEqual(vocabulary([2, 3, 3, 1, 1, 1, 1, 5]).encode("aab"), [4, 5]);
});

test("each pre-tokenizer cuts digits and signs its own way", () => {
  const expected = {
    "default": ["123", "4", "ab", "+=/", "\n"],
    "gpt-2": ["1234", "ab", "+=/", "\n"],
    "llama-bpe": ["123", "4", "ab", "+=/\n"],
    "qwen2": ["1", "2", "3", "4", "ab", "+=/\n"],
    "smollm": ["1", "2", "3", "4", "ab", "+=/", "\n"],
    "tekken": ["1", "2", "3", "4", "ab", "+=/\n"],
  };
  // Every stretch of the text is a token that merges can reach.
  const merges = ["1 2", "12 3", "123 4", "4 a", "a b", "b +", "+ =", "+= /", "+=/ Ċ"];
  const tokens = [..."1234ab+=/Ċ", ...merges.map((merge) => merge.replace(" ", ""))];
  for (const [pre, pieces] of Object.entries(expected)) {
    const tokenizer = createTokenizer(bundleFromGguf({
      "tokenizer.ggml.model": "gpt2",
      "tokenizer.ggml.pre": pre,
      "tokenizer.ggml.tokens": tokens,
      "tokenizer.ggml.merges": merges,
    }));
    const ids = tokenizer.encode("1234ab+=/\n");
    assert.deepEqual(ids.map((id) => tokenizer.decode([id])), pieces, pre);
  }
});

test("words that JavaScript knows are tokens like any other", () => {
  const names = ["constructor", "prototype", "__proto__", "toString", "hasOwnProperty"];
  const tokenizer = createTokenizer(bundleFromFolder({
    tokenizer: JSON.parse(`{
      "normalizer": null, "post_processor": null, "decoder": { "type": "ByteLevel" },
      "pre_tokenizer": { "type": "ByteLevel", "use_regex": false }, "added_tokens": [],
      "model": { "type": "BPE", "ignore_merges": true, "merges": [],
        "vocab": { ${names.map((name, id) => `"${name}": ${id}`).join(", ")} } }
    }`),
  }));
  names.forEach((name, id) => {
    assert.deepEqual(tokenizer.encode(name), [id]);
    assert.equal(tokenizer.decode([id]), name);
  });
});

test("a text is not refused by its length where the vocabulary lets parts of it vanish or shrink", () => {
  const vocab = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const make = (tokenizer: { readonly normalizer: object | null; readonly tokens: readonly string[] }) => {
    return createTokenizer({
      ...bundleFromGguf(chatMetadata()),
      vocabulary: {
        kind: "huggingface",
        normalizer: tokenizer.normalizer,
        pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: false },
        model: { type: "BPE", vocab: vocab(tokenizer.tokens), merges: [] },
        decoder: { type: "ByteLevel" },
        added_tokens: [],
      },
    });
  };
  const limit = 10;
  const lacking = make({ normalizer: null, tokens: letters });
  assert.deepEqual(lacking.encode("!".repeat(1000) + "a", { addBos: false, limit }), [0]);
  const bytes = (chatMetadata()["tokenizer.ggml.tokens"] as string[]).slice(0, 256);
  const stripping = make({ normalizer: { type: "Strip", strip_left: true, strip_right: true }, tokens: bytes });
  assert.equal(stripping.encode(" ".repeat(1000) + "a", { addBos: false, limit }).length, 1);
  const composing = make({ normalizer: { type: "NFC" }, tokens: bytes });
  // Alpha with three marks is one letter of three bytes.
  const greek = "\u03b1\u0313\u0300\u0345";
  assert.equal(composing.encode(greek.repeat(3), { addBos: false, limit: 9 }).length, 9);
  assert.throws(() => composing.encode("x".repeat(1000), { addBos: false, limit }), TooManyTokensError);
});
