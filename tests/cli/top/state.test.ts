/** What skein top makes of looks and events. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceRows } from "../../../cli/top/device-rows.ts";
import { fetchOf, learn, paceOf, plansOf } from "../../../cli/top/state.ts";
import { summaryLine, summaryObject } from "../../../cli/top/summary.ts";
import { answer, happened, inspection, knownOf, looked, NOON } from "./scene.ts";

test("rates are differences between two looks; a device that has begun anew has none", () => {
  const known = knownOf(looked(0), looked(2, { seconds: 62, handled: 1300 }));
  const rates = known.rates.get("desktop");
  assert.deepEqual([rates?.bytesInPerSecond, rates?.bytesOutPerSecond], [15_000, 30_000]);
  assert.equal(rates?.messagesPerSecond.get("/gateway"), 150);
  assert.equal(rates?.cpu, 0.5, "two of four cores");
  const anew = learn(known, looked(3, { seconds: 1, handled: 5 })).rates.get("desktop");
  assert.deepEqual({ ...anew, messagesPerSecond: anew?.messagesPerSecond.size }, { messagesPerSecond: 0 });
});

test("an answer goes from its prompt to its end, with the pace of its tokens", () => {
  const began = knownOf(
    looked(0),
    answer(1, "a", { stage: "began" }),
    answer(1.2, "a", { stage: "reading", promptTokens: 12, route: ["laptop", "desktop"] }),
    answer(2, "a", { stage: "writing", ttftMilliseconds: 800 }),
    answer(3, "a", { stage: "going", tokens: 21 }),
    looked(3),
  );
  const [row] = began.answers;
  assert.deepEqual([row?.stage, row?.promptTokens, row?.tokens, row?.route], [
    "writing",
    12,
    21,
    ["laptop", "desktop"],
  ]);
  assert.equal(row?.tokensPerSecond, 20);
  const ended = { stage: "ended", reason: "stop", promptTokens: 12, tokens: 41, ttftMilliseconds: 800 };
  const after = learn(began, answer(4, "a", { ...ended, totalMilliseconds: 2800, conversations: 2 }));
  assert.deepEqual(after.answers.map(({ stage, tokens, takenUp }) => [stage, tokens, takenUp]), [["ended", 41, 1]]);
  assert.equal(after.answers[0]?.tokensPerSecond, 20);
});

test("the pace counts tokens that were made since the last look, and none that are told as the past", () => {
  const going = (seconds: number, tokens: number) => answer(seconds, "a", { stage: "going", tokens });
  const known = knownOf(
    looked(0),
    answer(0.2, "a", { stage: "writing", ttftMilliseconds: 1 }),
    going(1, 21),
    looked(1),
  );
  assert.equal(known.pace.at(-1), 20);
  assert.equal(paceOf(knownOf(looked(0))), 0);
  const past = { ...known, now: NOON + 3_600_000 };
  const line = going(1.5, 500);
  assert.equal(line.type, "happened");
  assert.equal(learn(past, { ...line, now: past.now } as typeof line).made, 0);
});

test("events that are told once more after a reconnection are known already; what is no answer's event changes none", () => {
  const known = knownOf(happened(1, { text: "board is here" }), happened(1, { text: "board is here" }));
  assert.deepEqual(known.events.map(({ text }) => text), ["board is here"]);
  for (const event of [{ id: 7 }, { id: "a", stage: 9, tokens: "many" }, { id: "b", stage: "ended", tokens: -1 }]) {
    assert.ok(knownOf(happened(1, { type: "answer", event })).answers.every(({ tokens }) => tokens === 0));
  }
});

test("a device that fetches says how far it is, until its segment is loaded or nothing is heard any more", () => {
  const fetching = { type: "fetching", device: "board", event: { doneBytes: 62, totalBytes: 100, from: "laptop" } };
  const known = knownOf(looked(0), happened(1, fetching));
  const state = (of: typeof known) => deviceRows(of, plansOf(of)[0]).map(({ name, state }) => `${name}: ${state}`);
  assert.deepEqual(state(known), ["laptop: computing", "desktop: computing", "board: fetching 62%"]);
  assert.equal(known.events.length, 0);
  const loaded = learn(known, happened(2, { type: "segment", device: "board" }));
  assert.equal(fetchOf(loaded, "board"), undefined);
  assert.equal(fetchOf({ ...known, now: NOON + 10_000 }, "board"), undefined);
});

test("a device of the plan that is gone, or does not answer, is shown all the same", () => {
  const all = inspection();
  const devices = all.devices.filter(({ name }) => name !== "desktop").map((view) =>
    view.name === "board" ? { device: "board", name: "board", error: "timeout" } : view
  );
  const known = knownOf({ type: "looked", now: NOON, look: { at: 0, inspection: { ...all, devices } } });
  assert.deepEqual(deviceRows(known, plansOf(known)[0]).map(({ name, state, bad }) => [name, state, bad]), [
    ["laptop", "computing", false],
    ["desktop", "no answer: it is not connected", true],
    ["board", "no answer: timeout", true],
  ]);
});

test("where there is no terminal a line says how the mesh does, and an object the same for programs", () => {
  const known = knownOf(
    looked(0),
    { type: "measured", measured: { answers: 3, ttftMilliseconds: 90, tpotMilliseconds: 52 } },
    answer(0.5, "a", { stage: "began" }),
    looked(1),
  );
  assert.equal(
    summaryLine(known),
    "12:00:01  story  plan 1.1  laptop 0-1 > desktop 2-3 (1 more)  0 tokens/s  1 answer, 0 wait  52 ms a token",
  );
  const object = JSON.parse(JSON.stringify(summaryObject(known)));
  assert.deepEqual([object.live, object.plan.model, object.devices.length, object.answers.length], [
    true,
    "story",
    3,
    1,
  ]);
  const lost = learn(known, { type: "lost", now: NOON + 2000, reason: "No daemon answers \x1b[2J there." });
  assert.equal(summaryLine(lost), "12:00:02  lost: No daemon answers  [2J there.");
  assert.deepEqual((summaryObject(lost) as { live: boolean }).live, false);
});

test("however long it watches, what it keeps has bounds", () => {
  let known = knownOf();
  for (let index = 0; index < 3000; index++) {
    known = learn(known, answer(index, `id-${index}`, { stage: "began" }));
    known = learn(known, looked(index));
  }
  assert.deepEqual([known.events.length, known.answers.length, known.pace.length], [1000, 200, 120]);
});
