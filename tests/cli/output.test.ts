/** What commands print: answers, devices, plans, a daemon's day. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventLine } from "../../actors/gateway/api.ts";
import { readAnswer, summaryOf } from "../../cli/answer-stream.ts";
import { CommandError } from "../../cli/command.ts";
import { describeLine } from "../../cli/events-output.ts";
import { describeInspection } from "../../cli/inspect-output.ts";
import { describePlan } from "../../cli/plan-output.ts";
import { describeCopies } from "../../cli/copies-output.ts";
import { table } from "../../cli/table.ts";
import { eventPrinter } from "../../cli/up-output.ts";
import { planAt } from "../actors/gateway/scene.ts";

const DETAILS = {
  ttft_ms: 120,
  total_ms: 1120,
  prompt_tokens: 5,
  completion_tokens: 11,
  conversations: 1,
  route: [{ device: "a", first: 0, last: 3 }, { device: "b", first: 4, last: 6 }],
};

async function* stream(...data: readonly (object | string)[]): AsyncGenerator<string, void> {
  for (const each of data) yield* [`data: ${typeof each === "string" ? each : JSON.stringify(each)}`, ""];
  await Promise.resolve();
}

const choice = (rest: object) => ({ choices: [{ finish_reason: null, ...rest }] });

test("an answer is read from a chat's stream and from a completion's, each piece as it comes", async () => {
  for (const part of [(text: string) => ({ delta: { content: text } }), (text: string) => ({ text })]) {
    const heard: string[] = [];
    const last = { ...choice({ ...part(""), finish_reason: "stop" }), skein: DETAILS };
    const chunks = stream(choice(part("Hi")), choice(part("!")), last, "[DONE]");
    const answer = await readAnswer(chunks, (text) => heard.push(text));
    assert.deepEqual([answer, heard], [{ text: "Hi!", finish: "stop", details: DETAILS }, ["Hi", "!"]]);
  }
});

test("an answer that fails, breaks off or is none is an error in words", async () => {
  const broken: readonly (readonly [(object | string)[], RegExp])[] = [
    [[choice({ text: "Hi" }), { error: { message: "No device could go on." } }], /^No device could go on\.$/],
    [[choice({ text: "Hi" })], /broke off/],
    [["{"], /no part of an answer: "\{"/],
    [[{ choices: 7 }], /no part of an answer/],
  ];
  for (const [data, words] of broken) {
    await assert.rejects(
      readAnswer(stream(...data), () => {}),
      (error) => error instanceof CommandError && words.test(error.message),
    );
  }
});

test("how an answer went fits one line; a single token has no rate, and taking up is told", () => {
  assert.equal(summaryOf(DETAILS), "TTFT 120 ms, 10.0 tokens/s, 5 + 11 tokens, route a 0-3 > b 4-6");
  assert.match(summaryOf({ ...DETAILS, completion_tokens: 1, total_ms: 120 }), / 0\.0 tokens\/s/);
  assert.match(summaryOf({ ...DETAILS, conversations: 2 }), /tokens, taken up again once, route/);
  assert.match(summaryOf({ ...DETAILS, conversations: 3 }), /taken up again 2 times/);
});

test("columns are as wide as their widest cell, and lines end where their text does", () => {
  assert.equal(table(["a", "long"], [["wide one", "1"], ["b"]]), "a         long\nwide one  1\nb\n");
});

const DEVICE = {
  device: "12D3KooWa",
  name: "laptop",
  term: 1,
  memory: { usableBytes: 2 ** 30, totalBytes: 2 ** 31, processBytes: 2 ** 20 },
  speed: { slowdown: 2, work: [] },
  sensors: { cores: 4, load: 0.5, batteryCharge: 0.5, onBattery: true },
  links: [{ device: "12D3KooWb", name: "board", roundTripMilliseconds: 1.5, bytesPerSecond: 5e6 }],
  balance: {
    on: true,
    windows: 7,
    ratio: 1.5,
    finding: "slower than planned",
    yielding: "memory",
    proposal: { text: "this device takes 9.00 ms", millisecondsAgo: 30_000 },
    verdict: { text: "nothing moves", millisecondsAgo: 29_000 },
  },
  segments: [{
    path: "/supervisor/executor-1",
    first: 0,
    last: 3,
    bytes: 2 ** 20,
    weightBytes: 2 ** 19,
    look: {
      slots: { taken: 1, all: 4 },
      tokens: { taken: 300, kept: 70, all: 4096 },
      waiting: 2,
      queued: { decode: 0, prefill: 0 },
      steps: 9,
      rowsPerStep: 1.5,
      tokensPerSecond: 20,
    },
  }],
  actors: [{
    path: "/supervisor/executor-1",
    state: "running",
    mailbox: 0,
    mailboxBound: 1024,
    handled: 7,
    meanMilliseconds: 0.5,
    lastMilliseconds: 0.25,
    restarts: 0,
  }],
  counters: { framesIn: 3, framesOut: 4, bytesIn: 1024, bytesOut: 2048, dropped: { dead: 2, refused: 0 } },
  events: [{ millisecondsAgo: 61_000, type: "warning", text: "the disk is full" }],
};

test("a device is shown with its memory, speed, links, segments and how busy they are, and its actors", () => {
  const text = describeInspection({
    leader: DEVICE.device,
    term: 1,
    state: { type: "active", plan: planAt("laptop") },
    models: [],
    devices: [DEVICE, { device: "12D3KooWb", name: "board", error: "no connection" }],
  });
  for (
    const words of [
      "plan 1.1 runs story: laptop 0-1 > tail 2-3\n",
      "laptop (12D3KooWa), leader\n",
      "being measured, EMULATED 2 times slower than it is, 4 cores, load 0.50, battery 50%, discharging\n",
      "board 1.50 ms, 5 MB/s from it\n",
      "blocks 0 to 3, 1.0 MiB, 1 of 4 places taken, 2 waiting, 300 of 4096 cache tokens taken and 70 kept, 20.0 tokens/s at 1.5 rows a step\n",
      "3 in, 1.0 KiB; 4 out, 2.0 KiB; dropped: 2 dead\n",
      "  balance 1.50 times the predicted time in 7 windows, slower than planned, gives up memory for its owner\n" +
      "          proposed 30 s ago: this device takes 9.00 ms\n" +
      "          the leader 29 s ago: nothing moves\n",
      "61 s ago  the disk is full\n",
      "executor-1 [0-3]",
      "board (12D3KooWb)\n  does not answer: no connection\n",
    ]
  ) assert.ok(text.includes(words), `${words} in:\n${text}`);
});

test("every line of the stream of events says when, where and what", () => {
  const begin = { at: new Date(2026, 0, 2, 3, 4, 5, 6).getTime(), device: "12D3KooWa", name: "laptop" };
  const events: readonly (readonly [EventLine, string])[] = [
    [{ type: "missed", events: 7 }, "… 7 events missed: the reader is too slow"],
    [{ ...begin, type: "plan", text: "plan 1.2" }, "03:04:05.006  laptop      plan       plan 1.2"],
    [
      { ...begin, type: "told", path: "/a", text: "try, 1 waiting", times: 9 },
      "03:04:05.006  laptop      told       /a  try, 1 waiting  (9 times)",
    ],
  ];
  for (const [event, line] of events) assert.equal(describeLine(event), line);
});

test("a plan is shown with who runs what and what was measured; without one, why", () => {
  const waiting = { leader: undefined, term: 1, state: { type: "waiting", reason: "No model." } as const, models: [] };
  assert.equal(describePlan(waiting), "no plan: No model.\n");
  const measured = { answers: 3, ttftMilliseconds: 50, tpotMilliseconds: 10 };
  const text = describePlan({
    leader: "there",
    term: 2,
    state: { type: "active", plan: planAt("there") },
    models: [],
    measured,
  });
  assert.match(text, /^plan 1\.1 \(even split by free memory\), model story, 4 blocks, context 128, 2 at once/);
  assert.match(text, /there +leader +0 to 1 /);
  assert.match(text, /measured +TTFT 50 ms, TPOT 10\.00 ms \(3 answers through this device\)/);
});

test("who has which blocks on disk is shown, and which of them one disk alone has", () => {
  const policy = { objective: "even" as const, privateLayers: 0, privateHead: false, context: 128, concurrency: 1 };
  const holder = (name: string, here: boolean, blocks: [number, number][]) => ({ device: name, name, here, blocks });
  const model = (...holders: ReturnType<typeof holder>[]) => ({
    type: "active" as const,
    plan: planAt("laptop"),
    recall: { policy: { ...policy, only: [], exclude: [], trusted: [] }, holders },
  });
  const phone = holder("phone", false, [[0, 3]]);
  const text = describeCopies(model(holder("laptop", true, [[0, 3]]), holder("board", true, [[0, 0], [2, 2]]), phone));
  assert.equal(text, "on disk     laptop all, board 0, 2, phone all (away); on one disk alone: 1, 3");
  assert.equal(describeCopies(model()), "");
});

const READY = {
  name: "laptop",
  peerId: "12D3KooWa",
  api: "http://127.0.0.1:1",
  addresses: [],
  dataDir: "/data",
  pid: 7,
};

test("as JSON a daemon says first that it is ready, though other things happened before", () => {
  let text = "";
  const printer = eventPrinter(true, false, (more) => text += more);
  printer.event({ type: "waiting", reason: "No model." });
  assert.equal(text, "");
  printer.ready(READY);
  printer.stopping("SIGINT");
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines, [
    { type: "ready", ...READY },
    { type: "waiting", reason: "No model." },
    { type: "stopping", signal: "SIGINT" },
  ]);
});

test("for people a daemon says what happens; progress overwrites itself on a terminal alone", () => {
  const say = (terminal: boolean) => {
    let text = "";
    const printer = eventPrinter(false, terminal, (more) => text += more);
    printer.ready(READY);
    for (const doneBytes of [1, 5, 50, 100]) {
      printer.event({ type: "fetching", doneBytes, totalBytes: 100, from: "board" });
    }
    printer.event({ type: "segment", first: 0, last: 3, bytes: 2 ** 20, milliseconds: 12.3 });
    printer.event({ type: "warning", message: "the disk is full" });
    printer.event({ type: "leader", device: "12D3KooWa", term: 1 });
    return text;
  };
  const text = say(false);
  assert.deepEqual(text.split("\n").slice(5), [
    "  fetching blocks from board 1%",
    "  fetching blocks from board 50%",
    "  fetching blocks from board 100%",
    "  holds blocks 0 to 3 (1.0 MiB), loaded in 12 ms",
    "  ! the disk is full",
    "",
  ]);
  assert.equal(say(true).split("\r\x1b[K").length, 1 + 5);
});

test("a device that knows its plan before it is up is told how to try a split when it is, and once", () => {
  let text = "";
  const printer = eventPrinter(false, false, (more) => text += more);
  const part = { type: "part", model: "m", blocks: 8, planner: "solver", runs: [], on: ["other"] } as const;
  printer.event(part);
  assert.doesNotMatch(text, /to try it all the same/);
  printer.ready(READY);
  printer.event(part);
  const hints = text.match(/to try it all the same: skein plan --split other=4,\S+=4 /g);
  assert.equal(hints?.length, 1, text);
});
