/** An answer as it grows, and as it is taken up again by another conversation. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Transcript } from "../../actors/conversation/transcript.ts";
import type { AnswerRequest, Progress } from "../../actors/conversation/protocol.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import type { TokenReader } from "../../models/text/mod.ts";

/** A tokenizer whose tokens are bytes of UTF-8, so that characters come in parts; 0 ends the text. */
const bytes: TokenReader = {
  endIds: new Set([0]),
  bytes: (id) => Uint8Array.of(id),
  detokenizer() {
    const decoder = new TextDecoder();
    return {
      push: (id) => decoder.decode(Uint8Array.of(id), { stream: true }),
      flush: () => decoder.decode(),
    };
  },
};

const utf8 = (text: string) => [...new TextEncoder().encode(text)];

function request(stop: string[]): AnswerRequest {
  return { prompt: { type: "text", text: "" }, sampling: defaultSampling, maxTokens: 1000, stop };
}

function begin(stop: string[], progress: Progress, room = 1000): Transcript {
  return new Transcript({ tokenizer: bytes, prompt: [1, 2], request: request(stop), progress, room });
}

/** Pushes tokens until the answer ends; returns its text and why it ended. */
function push(transcript: Transcript, tokens: readonly number[]): { text: string; reason: string | undefined } {
  let text = "";
  for (const token of tokens) {
    const piece = transcript.push(token);
    text += piece.text;
    if (piece.finished !== undefined) return { text, reason: piece.finished };
  }
  return { text, reason: undefined };
}

test("an answer ends at the end token, at a stop string, or when there is no room", () => {
  const tokens = [...utf8("héllo wörld"), 0];
  assert.deepEqual(push(begin([], { generated: [], sent: 0 }), tokens), { text: "héllo wörld", reason: "stop" });
  assert.deepEqual(push(begin([" wö"], { generated: [], sent: 0 }), tokens), { text: "héllo", reason: "stop" });
  assert.deepEqual(push(begin(["wx"], { generated: [], sent: 0 }, 8), tokens), { text: "héllo w", reason: "length" });
});

test("an answer that is interrupted anywhere and taken up again reads as if nothing had happened", () => {
  const texts = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(
      texts,
      fc.array(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 2 }),
      fc.nat(),
      fc.nat(),
      (text, stops, cut, lag) => {
        const tokens = [...utf8(text), 0];
        const whole = push(begin(stops, { generated: [], sent: 0 }), tokens);
        const first = tokens.slice(0, cut % tokens.length);
        const before = push(begin(stops, { generated: [], sent: 0 }), first);
        if (before.reason !== undefined) return;
        // The reader may have less than the tokens gave, where the last words were lost with the device.
        const sent = Math.max(0, before.text.length - lag % 3);
        const again = begin(stops, { generated: first, sent });
        assert.equal(again.length, 2 + first.length);
        const after = push(again, tokens.slice(first.length));
        assert.equal(before.text.slice(0, sent) + after.text, whole.text);
        assert.equal(after.reason, whole.reason);
      },
    ),
  );
});

test("an answer all of whose tokens were drawn before only owes the rest of its text", () => {
  const generated = utf8("one two stop three");
  const transcript = begin(["stop"], { generated, sent: 3 });
  assert.deepEqual(transcript.ended(), { reason: "stop", text: " two " });
});

test("an answer that is said to have more tokens than it may is over, and what is beyond is not read", () => {
  const generated = utf8("abcdef");
  assert.deepEqual(begin([], { generated, sent: 0 }, 3).ended(), { reason: "length", text: "abc" });
  const endless = new Array<number>(1 << 20).fill(97);
  assert.equal(begin([], { generated: endless, sent: 0 }, 3).length, 5);
});
