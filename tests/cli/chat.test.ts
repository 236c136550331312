/** The parts of a chat, without a daemon. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readLine } from "../../cli/chat/commands.ts";
import { Conversation } from "../../cli/chat/conversation.ts";
import { MarkdownStyler } from "../../cli/chat/markdown.ts";
import { nearest } from "../../cli/nearest.ts";

test("a line is a message, a command with what belongs to it, or a mistake that is named", () => {
  assert.deepEqual(readLine("  Hello there "), { type: "say", text: "Hello there" });
  assert.deepEqual(readLine("a\n/system b"), { type: "say", text: "a\n/system b" });
  assert.deepEqual(readLine(" "), { type: "nothing" });
  assert.deepEqual(readLine("/system Be brief.\nAlways."), { type: "system", text: "Be brief.\nAlways." });
  assert.deepEqual(readLine("/FILE my notes.txt"), { type: "file", path: "my notes.txt" });
  assert.deepEqual(readLine("/quit"), { type: "leave" });
  assert.deepEqual(readLine("/again"), { type: "again" });
  assert.deepEqual(readLine("/file"), { type: "mistake", message: "/file needs a path" });
  assert.match(JSON.stringify(readLine("/dance")), /no \/dance; \/help/);
  // Paths and divisions are no commands.
  assert.equal(readLine("/usr/bin is where?").type, "say");
});

test("a conversation sends instructions, files and answers, and forgets its oldest messages when it must", () => {
  const chat = new Conversation("Be brief.");
  chat.attach("const a = 1;");
  chat.say("What is this?");
  chat.answer("Code.");
  chat.say("And now?");
  assert.deepEqual(chat.sent(), [
    { role: "system", content: "Be brief." },
    { role: "user", content: "What is this?\n\nconst a = 1;" },
    { role: "assistant", content: "Code." },
    { role: "user", content: "And now?" },
  ]);
  assert.equal(chat.forget(), true);
  assert.deepEqual(chat.sent(), [{ role: "system", content: "Be brief." }, { role: "user", content: "And now?" }]);
  assert.equal(chat.forget(), false, "the last message is always sent");
  assert.match(chat.transcript(), /^\*Be brief\.\*\n\n> What is this\?\n>\n> const a = 1;\n\nCode\.\n\n> And now\?\n$/);
});

test("an answer that never began takes its message back; one that is asked for again is taken back itself", () => {
  const chat = new Conversation();
  assert.equal(chat.again(), false);
  chat.say("a");
  chat.answer("");
  assert.deepEqual(chat.sent(), []);
  chat.say("b");
  chat.answer("c");
  assert.equal(chat.again(), true);
  assert.deepEqual(chat.sent(), [{ role: "user", content: "b" }]);
});

function styled(text: string, pieces: readonly number[] = []): string {
  const styler = new MarkdownStyler();
  let [out, at] = ["", 0];
  for (const size of pieces) {
    out += styler.push(text.slice(at, at + size));
    at += size;
  }
  return out + styler.push(text.slice(at)) + styler.end();
}

const CODES = ["1", "22", "36", "39"].map((code) => `\x1b[${code}m`);
/** Without escapes. */
const plain = (text: string) => CODES.reduce((rest, code) => rest.replaceAll(code, ""), text);
/** Readable names in place of escapes. */
const shown = (text: string, pieces?: readonly number[]) =>
  styled(text, pieces).replaceAll("\x1b[1m", "<b>").replaceAll("\x1b[22m", "</b>").replaceAll("\x1b[36m", "<c>")
    .replaceAll("\x1b[39m", "</c>");

test("Markdown is styled: bold, code, headings, fences; what is left open ends with the answer", () => {
  assert.equal(shown("a **b** c"), "a <b>b</b> c");
  assert.equal(shown("use `x` now"), "use <c>x</c> now");
  assert.equal(shown("# Title\ntext"), "<b># Title</b>\ntext");
  assert.equal(shown("```ts\na ** b; `c`\n```\nd"), "<c>```ts\na ** b; `c`\n```</c>\nd");
  assert.equal(shown("2 ** 3 and 2*3 # no"), "2 ** 3 and 2*3 # no");
  assert.equal(shown("**open"), "<b>open</b>");
  assert.equal(shown("* item\n* **two**"), "* item\n* <b>two</b>");
});

test("however an answer is cut into pieces, it looks the same, and no character of it is lost", () => {
  const text = fc.string({ unit: fc.constantFrom("*", "`", "#", " ", "\n", "a"), maxLength: 30 });
  fc.assert(fc.property(text, fc.array(fc.nat({ max: 4 }), { maxLength: 12 }), (answer, pieces) => {
    assert.equal(styled(answer, pieces), styled(answer));
    const letters = (from: string) => plain(from).replaceAll(/[*`]/g, "");
    assert.equal(letters(styled(answer)), letters(answer));
  }));
});

test("an unknown command suggests the one that was meant, or none", () => {
  const known = ["up", "invite", "ask", "chat", "plan", "inspect", "doctor", "demo"];
  const cases = {
    aks: "ask",
    chta: "chat",
    inpsect: "inspect",
    run: "chat",
    ps: "inspect",
    join: "up",
    docter: "doctor",
  };
  for (const [word, meant] of Object.entries(cases)) assert.equal(nearest(word, known), meant, word);
  for (const word of ["", "completely", "constructor", "x".repeat(10_000)]) {
    assert.equal(nearest(word, known), undefined);
  }
});
