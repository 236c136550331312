/** The conversation alone: every message, transition and failure. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { QUEUE_MILLISECONDS, STALL_MILLISECONDS } from "../../actors/conversation/behaviour.ts";
import type { Language } from "../../actors/conversation/language.ts";
import type { PromptRead } from "../../actors/conversation/protocol.ts";
import { CONTEXT, draw, last, rows, scene, seated, SEQUENCE, types } from "./conversation-scene.ts";
import { idsOf } from "./mesh/fake-language.ts";

test("a conversation asks for a place at once and sends nothing before it has one", async () => {
  await scene({}, async (scene) => {
    const { first, answer, ref, tell, events } = scene;
    assert.deepEqual(first.of("enter")[0]?.route.map(({ device }) => device), ["b", "c"]);
    assert.equal(types(scene), "enter");
    await tell(seated);
    assert.deepEqual(events(), [{ type: "started", promptTokens: 5 }]);
    assert.deepEqual(answer.heard[0]?.conversation, ref);
    assert.deepEqual(rows(first.of("forward")), [
      { sequence: SEQUENCE, position: 0, tokens: idsOf("Hello"), sample: true },
    ]);
  });
});

test("a long prompt goes in chunks, four under way at once", async () => {
  await scene({ prompt: "x".repeat(128 * 5 + 10) }, async ({ first, tell }) => {
    await tell(seated);
    assert.equal(first.of("forward").length, 4);
    await tell({ type: "advanced", position: 128 });
    await tell({ type: "advanced", position: 256 });
    const sent = rows(first.of("forward"));
    assert.deepEqual(sent.map(({ position }) => position), [0, 128, 256, 384, 512, 640]);
    assert.deepEqual(sent.map(({ sample }) => sample), [false, false, false, false, false, true]);
  });
});

test("the answer hears how far its prompt has been read", async () => {
  await scene({ prompt: "x".repeat(300) }, async ({ tell, events }) => {
    await tell(seated);
    await tell({ type: "advanced", position: 128 });
    await tell({ type: "advanced", position: 256 });
    assert.deepEqual(events().slice(1), [
      { type: "reading", tokens: 128, cached: 0 },
      { type: "reading", tokens: 256, cached: 0 },
    ]);
  });
});

test("each token goes in again and its text out, until the end token, a stop string or the last place", async () => {
  const ended = async (tokens: string, request: { stop?: string[]; maxTokens?: number }) => {
    let end = "";
    await scene({ request }, async (scene) => {
      await scene.tell(seated);
      for (const [index, character] of [...tokens].entries()) await scene.tell(draw(5 + index, character));
      const text = scene.events().map((event) => "text" in event ? event.text : "").join("");
      const finish = last(scene);
      end = `${text} ${finish?.type === "finished" ? finish.reason : "-"}`;
      assert.equal(types(scene).endsWith("leave"), finish?.type === "finished");
      assert.equal(scene.ends.length, finish?.type === "finished" ? 1 : 0);
    });
    return end;
  };
  assert.equal(await ended("abc", {}), "abc -");
  assert.equal(await ended("abc\0", {}), "abc stop");
  assert.equal(await ended("abcd", { stop: ["cd"] }), "ab stop");
  assert.equal(await ended("abcd", { maxTokens: 4 }), "abcd length");
});

test("a token that is not the one due breaks the conversation, as does one before there is a place", async () => {
  await scene({}, async (scene) => {
    await scene.tell(seated);
    await scene.tell(draw(6, "a"));
    assert.deepEqual(last(scene), { type: "broken", reason: "token 6 came out of turn" });
    assert.match(types(scene), /leave$/);
  });
  await scene({}, async (scene) => {
    await scene.tell(draw(5, "a"));
    assert.equal(last(scene)?.type, "broken");
  });
});

test("a token that comes without the probability that was asked for breaks the conversation", async () => {
  await scene({ request: { logprobs: 0 } }, async (scene) => {
    await scene.tell(seated);
    await scene.tell(draw(5, "a"));
    assert.deepEqual(last(scene), { type: "broken", reason: "token 5 came without its probability" });
  });
});

test("what a segment cannot go on with breaks the conversation, whenever it says so", async () => {
  for (const before of [[], [seated], [seated, draw(5, "a")]]) {
    await scene({}, async (scene) => {
      for (const message of before) await scene.tell(message);
      await scene.tell({ type: "failed", reason: "no memory" });
      assert.deepEqual(last(scene), { type: "broken", reason: "no memory" });
      assert.match(types(scene), /leave$/);
      assert.equal(scene.ends.length, 1);
    });
  }
});

test("a conversation whose first segment has ended does not wait for a place there", async () => {
  await scene({ late: true }, async (scene) => {
    assert.match(JSON.stringify(last(scene)), /broken.*the first segment is gone/);
    assert.equal(scene.ends.length, 1);
  });
});

for (const device of ["b", "c"]) {
  test(`a conversation breaks when ${device} is lost, early or late, or was before it began`, async () => {
    const reason = `the connection to the ${device} was lost`;
    for (const before of [[], [seated], [seated, draw(5, "a")]]) {
      await scene({}, async (scene) => {
        for (const message of before) await scene.tell(message);
        scene.network.disconnect("a", device);
        await scene.clock.advance(1);
        assert.deepEqual(last(scene), { type: "broken", reason });
        assert.match(types(scene), /leave$/);
      });
    }
    await scene({ without: device }, async (scene) => {
      assert.deepEqual(last(scene), { type: "broken", reason });
      assert.equal(types(scene), "");
    });
  });
}

test("a conversation whose answer's device is lost leaves", async () => {
  await scene({}, async (scene) => {
    await scene.tell(seated);
    scene.network.disconnect("a", "r");
    await scene.clock.advance(1);
    assert.match(types(scene), /leave$/);
    assert.match(scene.ends[0] ?? "", /^stopped: .*answer is lost/);
  });
});

test("a conversation that nobody reads any more leaves, and says nothing", async () => {
  await scene({}, async (scene) => {
    await scene.tell(seated);
    await scene.tell({ type: "cancel", keep: false }, "r");
    assert.match(types(scene), /leave$/);
    assert.deepEqual(scene.events().map(({ type }) => type), ["started"]);
  });
});

test("a pipeline that is silent for a minute breaks the conversation; each word of it starts the minute anew", async () => {
  await scene({ prompt: "x".repeat(700) }, async (scene) => {
    await scene.tell(seated);
    await scene.clock.advance(STALL_MILLISECONDS - 10);
    await scene.tell({ type: "advanced", position: 128 });
    await scene.clock.advance(STALL_MILLISECONDS - 10);
    assert.deepEqual(scene.events().map(({ type }) => type), ["started", "reading"]);
    await scene.clock.advance(20);
    assert.deepEqual(last(scene), { type: "stalled", reason: "the pipeline has been silent for 60 seconds" });
    assert.match(types(scene), /leave$/);
  });
});

test("who waits for a place waits for ten minutes", async () => {
  await scene({}, async (scene) => {
    await scene.clock.advance(QUEUE_MILLISECONDS - 100);
    assert.equal(scene.ends.length, 0);
    await scene.clock.advance(200);
    assert.deepEqual(last(scene), {
      type: "rejected",
      code: "overloaded",
      message: "Other answers have held every place for 10 minutes.",
      retryAfterSeconds: 60,
    });
    assert.equal(types(scene), "enter leave");
  });
});

const rejected: Readonly<Record<string, readonly [string, string]>> = {
  "that is empty": ["", "invalid_prompt"],
  "without room for an answer": ["x".repeat(CONTEXT), "context_length_exceeded"],
};

for (const [name, [prompt, code]] of Object.entries(rejected)) {
  test(`a prompt ${name} is rejected before anything runs`, async () => {
    await scene({ prompt }, async (scene) => {
      assert.deepEqual(scene.events().map((event) => event.type === "rejected" ? event.code : event.type), [code]);
      assert.equal(types(scene), "");
      assert.equal(scene.ends.length, 1);
    });
  });
}

test("a conversation that is stopped from above says that it is broken, and leaves", async () => {
  await scene({}, async (scene) => {
    await scene.tell(seated);
    await scene.stop();
    assert.match(JSON.stringify(last(scene)), /broken.*its conversation has ended/);
    assert.match(types(scene), /leave$/);
  });
});

/** A language whose tokens cannot be turned into text. */
const mute = (language: Language): Language => ({
  ...language,
  tokenizer: {
    ...language.tokenizer,
    detokenizer: () => ({
      push: () => {
        throw new Error("no such word");
      },
      flush: () => "",
    }),
  },
});

test("a conversation that crashes says that it is broken", async () => {
  await scene({ language: mute }, async (scene) => {
    await scene.tell(seated);
    await scene.tell(draw(5, "a"));
    assert.match(JSON.stringify(last(scene)), /broken.*no such word/);
    assert.match(scene.ends[0] ?? "", /^crashed/);
    assert.match(types(scene), /leave$/);
  });
});

test("a conversation whose prompt cannot be read for now breaks, and asks for no place", async () => {
  const read = () => Promise.reject(new Error("the thread has ended"));
  await scene({ language: (language) => ({ ...language, read }) }, async (scene) => {
    assert.deepEqual(scene.events(), [{ type: "broken", reason: "the thread has ended" }]);
    assert.deepEqual([types(scene), scene.ends.length], ["", 1]);
  });
});

test("a conversation that is cancelled while its prompt is read ends, and is not begun afterwards", async () => {
  const read = Promise.withResolvers<PromptRead>();
  await scene({ language: (language) => ({ ...language, read: () => read.promise }) }, async (scene) => {
    await scene.tell({ type: "cancel", keep: false });
    assert.equal(scene.ends.length, 1);
    read.resolve({ type: "tokens", tokens: Int32Array.of(1) });
    await scene.clock.advance(1);
    assert.deepEqual([types(scene), scene.events()], ["", []]);
  });
});

test("what only the first segment or the conversation itself may say is not taken from other devices", async () => {
  await scene({}, async (scene) => {
    for (const type of ["seated", "device-lost", "stalled"] as const) {
      await scene.tell({ type, sequence: 1, device: "b" } as never, "r");
    }
    assert.deepEqual([types(scene), scene.events().length, scene.ends.length], ["enter", 0, 0]);
  });
});
