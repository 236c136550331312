/** The conversation alone: where it goes on with what an earlier one left, and what it leaves to the next. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { STALL_MILLISECONDS } from "../../actors/conversation/behaviour.ts";
import { type ConversationScene, draw, last, rows, scene, seated, types } from "./conversation-scene.ts";
import { defined } from "./defined.ts";
import { idsOf } from "./mesh/fake-language.ts";

test("a conversation that takes up another's answer runs prompt and tokens, each as it was run first, and owes the text that was not sent", async () => {
  await scene({ progress: { generated: idsOf("abc"), sent: 1 } }, async (scene) => {
    await scene.tell(seated);
    assert.deepEqual([...defined(scene.first.of("enter")[0]?.resume)], idsOf("Helloabc"));
    assert.deepEqual(scene.first.of("forward"), [], "what is in the caches is not known yet");
    await scene.tell({ type: "resumed", position: 0 }, "c");
    const forwards = scene.first.of("forward");
    assert.deepEqual(rows(forwards).map(({ tokens }) => tokens), [idsOf("Hello"), idsOf("abc")]);
    assert.deepEqual(forwards.map(({ singles }) => [...singles]), [[0], [1]]);
    await scene.tell(draw(8, "d"));
    assert.deepEqual(last(scene), { type: "piece", tokens: idsOf("d"), text: "bcd" });
  });
});

test("what the caches hold is not run again; of a prompt two tokens are run again or none", async () => {
  const from = async (position: number) => {
    let tokens: string[] = [];
    await scene({ progress: { generated: idsOf("abc"), sent: 1 } }, async (scene) => {
      await scene.tell({ type: "resumed", position });
      await scene.tell(seated);
      const sent = rows(scene.first.of("forward"));
      tokens = sent.map(({ tokens }) => String.fromCharCode(...tokens));
      assert.equal(sent[0]?.position, 8 - tokens.join("").length);
      assert.deepEqual(sent.map(({ sample }) => sample), [...sent.slice(1).map(() => false), true]);
    });
    return tokens;
  };
  assert.deepEqual(await from(7), ["c"]);
  assert.deepEqual(await from(5), ["abc"]);
  assert.deepEqual(await from(4), ["lo", "abc"]);
  assert.deepEqual(await from(2), ["llo", "abc"]);
});

test("word of caches that hold more than there is, or that nobody asked for, breaks the conversation", async () => {
  await scene({ progress: { generated: idsOf("abc"), sent: 1 } }, async (scene) => {
    await scene.tell({ type: "resumed", position: 8 }, "c");
    assert.deepEqual(last(scene), { type: "broken", reason: "caches of 8 positions came out of turn" });
  });
  await scene({}, async (scene) => {
    await scene.tell(seated);
    await scene.tell({ type: "resumed", position: 2 }, "c");
    assert.equal(last(scene)?.type, "broken");
  });
});

test("a prompt whose prefill broke off asks for what it left, though no token was drawn", async () => {
  await scene({ progress: { again: true } }, async ({ first }) => {
    assert.deepEqual([...defined(first.of("enter")[0]?.resume)], idsOf("Hello"));
  });
  await scene({ progress: { again: true }, prompt: "H" }, async ({ first }) => {
    assert.equal(first.of("enter")[0]?.resume, undefined, "one token is to be run in any case");
  });
});

test("caches are to be kept where another conversation may go on, or for prompts that begin like one that is over", async () => {
  const kept = async (end: (scene: ConversationScene) => Promise<void>) => {
    let kept: string | undefined;
    await scene({}, async (scene) => {
      await scene.tell(seated);
      await end(scene);
      const [{ keep, over } = { keep: undefined }] = scene.first.of("leave");
      kept = keep === true ? over === true ? "prompts" : "answer" : "nobody";
      assert.equal(scene.first.of("leave").length, 1);
    });
    return kept;
  };
  assert.equal(await kept(({ tell }) => tell({ type: "failed", reason: "lost" }, "b")), "answer");
  assert.equal(await kept(({ tell }) => tell({ type: "cancel", keep: true }, "r")), "answer");
  assert.equal(await kept(({ stop }) => stop()), "answer");
  assert.equal(await kept(({ tell }) => tell({ type: "cancel", keep: false }, "r")), "prompts");
  assert.equal(await kept(({ tell }) => tell(draw(5, "\0"), "c")), "prompts", "the answer is over");
  assert.equal(await kept(({ tell }) => tell(draw(7, "a"), "c")), "nobody", "a pipeline that has lost count");
  assert.equal(await kept(({ clock }) => clock.advance(STALL_MILLISECONDS + 1)), "nobody");
});

test("where all tokens were drawn before, the rest of the text is told and nothing runs", async () => {
  await scene({ progress: { generated: idsOf("abc"), sent: 1 }, request: { maxTokens: 3 } }, async (scene) => {
    assert.deepEqual(last(scene), { type: "finished", reason: "length", tokens: [], text: "bc" });
    assert.equal(types(scene), "");
    assert.equal(scene.ends.length, 1);
  });
});

test("the first segment decides whether an answer that nobody can ask for again shares kernels, and it stays so", async () => {
  const sharing = async (wanted: Parameters<typeof scene>[0]) => {
    let asked: string | undefined;
    await scene(wanted, (scene) => Promise.resolve(asked = scene.first.of("enter")[0]?.sharing).then(() => {}));
    return asked;
  };
  const drawn = { request: { repeatable: false } };
  const progress = { generated: idsOf("abc"), sent: 1 };
  assert.deepEqual([await sharing({}), await sharing(drawn)], ["no", "may"]);
  assert.equal(await sharing({ ...drawn, progress }), "no");
  assert.equal(await sharing({ ...drawn, progress: { ...progress, shared: true } }), "yes");
  await scene(drawn, async (scene) => {
    await scene.tell({ ...seated, shared: true });
    assert.deepEqual(last(scene), { type: "shares" });
  });
});
