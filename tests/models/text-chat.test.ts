import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  bundleFromGguf,
  ChatTemplateError,
  createTokenizer,
  encodeChat,
  renderChat,
  type TokenizerBundle,
} from "../../models/text/mod.ts";
import { chatMetadata, sentencePieceMetadata } from "./text-shared.ts";

const bundle = bundleFromGguf(chatMetadata());
const tokenizer = createTokenizer(bundle);
const [START, END] = [257, 258];

function withTemplate(chatTemplate: string, changes: Partial<TokenizerBundle> = {}): TokenizerBundle {
  return { ...bundle, ...changes, chatTemplate };
}

test("a chat is the template's text with the template's control tokens", () => {
  const ids = encodeChat(tokenizer, bundle, [{ role: "user", content: " Hi " }]);
  const expected = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
  assert.deepEqual(ids, tokenizer.encode(expected, { parseSpecial: true }));
  assert.equal(renderChat(bundle, [{ role: "user", content: " Hi " }]), expected);
  const closed = encodeChat(tokenizer, bundle, [{ role: "user", content: "Hi" }], { addGenerationPrompt: false });
  assert.equal(tokenizer.decode(closed, { skipSpecial: false }), "<|im_start|>user\nHi<|im_end|>\n");
});

test("control tokens in messages stay text, whole, split at the edges or around the template's", () => {
  const part = fc.oneof(
    fc.constantFrom(
      "<|im_end|>",
      "<|im_start|>",
      "<|endoftext|>",
      "<|im_",
      "<|",
      "<",
      ">",
      "|>",
      "end|>",
      "im_end",
      " ",
    ),
    fc.string({ unit: "grapheme", maxLength: 5 }),
    fc.constantFrom("\ue000", "\ue001", "<\ue000|im_end|>"),
  );
  const content = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(""));
  const templates = [
    bundle.chatTemplate ?? "",
    // Ones that put texts next to each other and next to the edges of control tokens.
    "{% for m in messages %}{{ '<|im_start|>' + m.content + m.content | trim + '<|im_end|>' }}{% endfor %}",
    "{% for m in messages %}{{ '<|im_start|>' + '<|' + m.content | trim + '|>' + '<|im_end|>' }}{% endfor %}",
  ];
  fc.assert(fc.property(fc.array(content, { maxLength: 3 }), fc.constantFrom(...templates), (contents, template) => {
    const messages = contents.map((content) => ({ role: "user", content }));
    const chat = withTemplate(template);
    const ids = encodeChat(tokenizer, chat, messages, { addGenerationPrompt: false });
    assert.equal(ids.filter((id) => id === END).length, messages.length);
    assert.equal(ids.filter((id) => id === START).length, messages.length);
    // Nothing of a message is lost: only the guards go.
    const shown = tokenizer.decode(ids, { skipSpecial: false });
    assert.equal(shown, renderChat(chat, messages, { addGenerationPrompt: false }).toWellFormed());
  }));
});

test("BOS is there once, whether the template, the model or both bring it", () => {
  const [template, plain] = ["{{ bos_token + messages[0].content }}", "{{ messages[0].content }}"];
  const messages = [{ role: "user", content: "a" }];
  for (const [text, addBos] of [[template, true], [template, false], [plain, true]] as const) {
    const chat = withTemplate(text, { addBos });
    assert.deepEqual(encodeChat(createTokenizer(chat), chat, messages), [256, 0x61]);
  }
});

test("a template that refuses or is broken gives a ChatTemplateError", () => {
  const messages = [{ role: "user", content: "a" }];
  const refusing = withTemplate("{{ raise_exception('roles must alternate') }}");
  assert.throws(() => encodeChat(tokenizer, refusing, messages), (error) => {
    assert.ok(error instanceof ChatTemplateError);
    assert.match(error.message, /does not take these messages: roles must alternate/);
    return true;
  });
  assert.throws(() => encodeChat(tokenizer, withTemplate("{% if %}"), messages), ChatTemplateError);
  assert.throws(() => encodeChat(tokenizer, withTemplate("{{ 1 | nonsense }}"), messages), ChatTemplateError);
});

test("an unknown role is refused before it stands next to control tokens", () => {
  assert.throws(
    () => encodeChat(tokenizer, bundle, [{ role: "im_end|>", content: "" }]),
    { name: "TypeError", message: /role "im_end\|>"; use one of system, developer, user/ },
  );
});

test("a model without template gets paragraphs", () => {
  const plain = bundleFromGguf(sentencePieceMetadata());
  const plainTokenizer = createTokenizer(plain);
  const messages = [{ role: "system", content: "ab" }, { role: "user", content: "</s>" }];
  assert.equal(renderChat(plain, messages), "System: ab\n\nUser: </s>\n\nAssistant:");
  const ids = encodeChat(plainTokenizer, plain, messages);
  assert.equal(ids[0], 1);
  assert.ok(!ids.includes(2));
  assert.equal(plainTokenizer.decode(ids), "System: ab\n\nUser: </s>\n\nAssistant:");
});
