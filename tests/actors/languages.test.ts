/** Texts are read on a thread of their own: in which order, for how long, and what happens when it ends. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  LEARN_MILLISECONDS,
  MAX_WAITING_BYTES,
  READ_MILLISECONDS,
  ThreadLanguages,
} from "../../actors/daemon/languages.ts";
import type { TextRequest, TextResponse } from "../../actors/daemon/text-messages.ts";
import type { Prompt } from "../../actors/conversation/protocol.ts";
import { createTokenizer, parseBundle } from "../../models/text/mod.ts";
import { simulatedClock, systemClock } from "../../runtime/clock.ts";
import type { ThreadListener } from "../../runtime/host/thread.ts";
import { fakeManifest, fakeStore } from "./mesh/fake-model.ts";

const manifest = fakeManifest(1);
const text = (text: string): Prompt => ({ type: "text", text });

async function bundleBytes(): Promise<Uint8Array> {
  return await fakeStore([manifest]).read(manifest.tokenizer, 0, manifest.tokenizer.bytes);
}

/** Languages over threads that answer when they are told to. */
async function stage() {
  const clock = simulatedClock();
  const threads: { readonly listener: ThreadListener; readonly heard: TextRequest[]; ended: boolean }[] = [];
  const languages = new ThreadLanguages({
    store: fakeStore([manifest]),
    clock,
    begin: (_url, listener) => {
      const thread = { listener, heard: new Array<TextRequest>(), ended: false };
      threads.push(thread);
      return {
        post: (message) => void thread.heard.push(message as TextRequest),
        terminate: () => Promise.resolve(void (thread.ended = true)),
      };
    },
  });
  const say = async (response: TextResponse) => {
    threads.at(-1)?.listener.onMessage(response);
    await clock.advance(1);
  };
  const tokenizer = createTokenizer(parseBundle(JSON.parse(new TextDecoder().decode(await bundleBytes()))));
  const learning = languages.learn(manifest);
  await say({ type: "learnt", table: tokenizer.table() });
  const heard = () => threads.flatMap((thread) => thread.heard.slice(thread === threads[0] ? 1 : 0));
  return { clock, threads, languages, say, heard, language: await learning };
}

const read = { type: "read", read: { type: "tokens", tokens: Int32Array.of(1) } } as const;

test("one text is read at a time, and the shortest of those that wait is next", async () => {
  const { language, heard, say } = await stage();
  const lengths = [50, 40, 3, 20];
  const reads = lengths.map((length) => language.read(text("x".repeat(length)), 100));
  for (const _ of lengths) await say(read);
  await Promise.all(reads);
  const order = heard().map((request) =>
    request.type === "read" && request.prompt.type === "text" ? request.prompt.text.length : 0
  );
  assert.deepEqual(order, [50, 3, 20, 40]);
});

test("a text that takes too long ends its thread, and the next one is read by another", async () => {
  const { language, clock, threads, say } = await stage();
  const slow = language.read(text("slow"), 100);
  await clock.advance(READ_MILLISECONDS - 1);
  const behind = language.read(text("behind"), 100);
  await clock.advance(1);
  const refused = await slow;
  assert.equal(refused.type === "refused" && refused.code, "overloaded");
  assert.deepEqual(threads.map(({ ended }) => ended), [true, false]);
  await say(read);
  assert.deepEqual(await behind, read.read);
});

test("a text that waits too long, for shorter ones are read first, is refused, and is not read afterwards", async () => {
  const { language, clock, heard, say } = await stage();
  const first = language.read(text("first"), 100);
  const long = language.read(text("a long one"), 100);
  await clock.advance(READ_MILLISECONDS - 10);
  const short = language.read(text("short"), 100);
  await say(read);
  await clock.advance(10);
  assert.equal((await long).type, "refused");
  await say(read);
  assert.deepEqual([await first, await short], [read.read, read.read]);
  assert.equal(heard().length, 2);
});

test("what waits is bounded in bytes: more is refused at once", async () => {
  const { language, say } = await stage();
  const long = text("x".repeat(512 * 1024));
  const reads = Array.from({ length: MAX_WAITING_BYTES / (512 * 1024) + 1 }, () => language.read(long, 100));
  const refused = await language.read(long, 100);
  assert.equal(refused.type === "refused" && refused.code, "overloaded");
  for (const _ of reads) await say(read);
  await Promise.all(reads);
});

test("when the thread ends, what it read is to be tried again, and what waited is read by another thread", async () => {
  const { language, clock, threads, say } = await stage();
  const [one, two] = [language.read(text("one"), 100), language.read(text("two"), 100)];
  threads[0]?.listener.onEnd("out of memory");
  await assert.rejects(one, /The prompt was not read: out of memory/);
  await clock.advance(1);
  await say(read);
  assert.deepEqual([await two, threads.length], [read.read, 2]);
});

test("who prepares has a thread before there is anything to learn, and no more than one", async () => {
  const { languages, threads, language, say } = await stage();
  languages.prepare();
  assert.equal(threads.length, 1);
  threads[0]?.listener.onEnd("out of memory");
  languages.prepare();
  languages.prepare();
  const reading = language.read(text("one"), 100);
  await say(read);
  assert.deepEqual([await reading, threads.length], [read.read, 2]);
});

test("a tokenizer that cannot be had is an error that says why, and everything ends with the daemon", async () => {
  const { languages, language, clock, say } = await stage();
  const failed = assert.rejects(languages.learn(manifest), /tokenizer was not read: there is no such file/);
  await say({ type: "failed", reason: "there is no such file" });
  await failed;
  const late = languages.learn(manifest);
  await Promise.all([assert.rejects(late, /late/), clock.advance(LEARN_MILLISECONDS)]);
  const reads = [language.read(text("a"), 9), language.read(text("b"), 9)];
  const ends = Promise.all(reads.map((each) => assert.rejects(each, /the daemon stops/)));
  await languages[Symbol.asyncDispose]();
  await ends;
});

/** The longest that a timer of a millisecond was late while `work` went on. */
async function standstill(work: () => Promise<void>): Promise<number> {
  let [latest, longest] = [performance.now(), 0];
  const timer = setInterval(() => {
    const now = performance.now();
    [longest, latest] = [Math.max(longest, now - latest - 1), now];
  }, 1);
  await work();
  clearInterval(timer);
  return Math.max(longest, performance.now() - latest - 1);
}

test("while long texts are read, the event loop goes on: no timer is late by 50 ms", async () => {
  const folder = await mkdtemp(join(tmpdir(), "skein-languages-"));
  try {
    await writeFile(join(folder, manifest.tokenizer.sha256), await bundleBytes());
    const path = ({ sha256 }: { readonly sha256: string }) => join(folder, sha256);
    await using languages = new ThreadLanguages({ store: { path }, clock: systemClock });
    const language = await languages.learn(manifest);
    assert.deepEqual(await language.read(text("Hi"), 100), { type: "tokens", tokens: Int32Array.of(72, 105) });
    const long = "abc def ".repeat(60_000);
    const readAll = async () => {
      const all = await Promise.all([1, 2].map(() => language.read(text(long), 1 << 20)));
      assert.deepEqual(all.map((read) => read.type === "tokens" && read.tokens.length), [480_000, 480_000]);
    };
    // The machine may be busy with something else; the best of a few counts. Read on the event loop, none takes less than 200.
    let [best, took] = [Infinity, Infinity];
    for (let attempt = 0; attempt < 5 && best >= 50; attempt++) {
      const began = performance.now();
      best = Math.min(best, await standstill(readAll));
      took = Math.min(took, performance.now() - began);
    }
    assert.ok(best < 50, `the event loop stood still for ${best} ms`);
    // By its length alone this one is too long, and needs no reading.
    const before = performance.now();
    assert.equal((await language.read(text(long), 1000)).type, "refused");
    assert.ok(performance.now() - before < took / 4, "it was read to be refused");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
