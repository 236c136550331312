/** What a daemon writes down: how grave, folded, without secrets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DaemonEvent } from "../../../actors/daemon/mod.ts";
import { entryOf, type Level, LEVELS, lineOf } from "../../../cli/log/entry.ts";
import { Log } from "../../../cli/log/log.ts";
import { logPrinter } from "../../../cli/log/printer.ts";
import { redact } from "../../../cli/log/redact.ts";
import { encodeInvite } from "../../../runtime/mesh/invite.ts";

/** A log in memory, on a clock of its own. */
function memoryLog(level: Level) {
  const written: string[] = [];
  const state = { now: Date.UTC(2026, 10, 26), lost: 0 };
  const lines = {
    get lost() {
      return state.lost;
    },
    write(line: string) {
      if (state.lost > 0 && !line.includes("disk full")) state.lost = 0;
      written.push(line);
      return true;
    },
    close() {},
  };
  const log = new Log({ lines, level, now: () => state.now });
  const texts = () => written.map((line) => entryOf(line)?.text);
  return { log, written, texts, state };
}

test("an entry survives being written and read, in one line, whatever its text", () => {
  fc.assert(fc.property(
    fc.record({
      at: fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
      level: fc.constantFrom(...LEVELS),
      type: fc.constantFrom("plan", "frame-rejected"),
      text: fc.string({ unit: "binary", maxLength: 5000 }),
    }),
    (entry) => {
      const line = lineOf(entry);
      assert.equal(line.split(/[\r\n\u2028\u2029]/).length, 1);
      // A device's name must not be able to speak to the terminal of whoever reads the log.
      assert.ok([...line].every((character) => character >= " " && !/[\u007f-\u009f]/.test(character)));
      const { text, ...rest } = entry;
      const read = entryOf(line);
      assert.deepEqual({ ...read, text: undefined }, { ...rest, text: undefined });
      if (/^[a-z ]*$/.test(text)) assert.equal(read?.text, text);
    },
  ));
});

test("half a line and other text are no entries", () => {
  const line = lineOf({ at: 0, level: "warn", type: "peer", text: "gone" });
  assert.equal(line, "1970-01-01T00:00:00.000Z warn  peer gone");
  for (const part of ["", "hello", line.slice(5), line.slice(0, 24), line.replace("warn", "loud")]) {
    assert.equal(entryOf(part), undefined, part);
  }
});

test("what is less grave than the level is not written", () => {
  const { log, texts } = memoryLog("warn");
  for (const level of LEVELS) log.write(level, "trial", level);
  log[Symbol.dispose]();
  assert.deepEqual(texts(), ["warn", "error"]);
});

test("the same again within a minute is told once, and how many more came after it", () => {
  const { log, texts, state } = memoryLog("info");
  for (let n = 0; n < 5; n++) {
    log.write("info", "waiting", "waiting: no model");
    log.write("warn", "mesh", `dial ${n} failed`);
    state.now += 1000;
  }
  assert.deepEqual(texts(), ["waiting: no model", "dial 0 failed"]);
  state.now += 60_000;
  log.unfold();
  assert.deepEqual(texts().slice(2), [
    "waiting: no model (4 more like it in 4 s)",
    "dial 4 failed (4 more like it in 4 s)",
  ]);
  log.write("info", "waiting", "waiting: no model");
  log[Symbol.dispose]();
  assert.deepEqual(texts().slice(4), ["waiting: no model"]);
});

test("what differs in numbers is told each where it is no complaint", () => {
  const { log, texts } = memoryLog("info");
  log.write("info", "plan", "plan 1.2");
  log.write("info", "plan", "plan 1.3");
  log[Symbol.dispose]();
  assert.deepEqual(texts(), ["plan 1.2", "plan 1.3"]);
});

test("what was folded when the daemon ends is told, and a flood of different texts does not grow the memory", () => {
  const { log, written, texts } = memoryLog("info");
  log.write("warn", "warning", "a");
  log.write("warn", "warning", "a");
  for (let n = 0; n < 1000; n++) log.write("info", "peer", `peer ${n}`);
  log.write("warn", "warning", "z");
  log.write("warn", "warning", "z");
  log[Symbol.dispose]();
  assert.ok(texts().includes("a (1 more like it in 1 s)"));
  assert.ok(texts().includes("z (1 more like it in 1 s)"));
  assert.equal(written.length, 1000 + 4);
});

test("lines that could not be written are told of by the next that could", () => {
  const { log, texts, state } = memoryLog("info");
  state.lost = 3;
  log.write("info", "peer", "board is here");
  log[Symbol.dispose]();
  assert.deepEqual(texts(), ["3 lines could not be written: is the disk full?", "board is here"]);
});

test("invites, keys and tokens are taken out, and ordinary words are not", () => {
  const invite = encodeInvite({
    secret: new Uint8Array(16).fill(7),
    expiresAt: 60_000,
    addresses: ["/ip4/10.0.0.2/tcp/4001"],
  });
  for (const secret of [invite, invite.toUpperCase(), `sk-${"0f".repeat(16)}`, "hf_abcdefghijkl"]) {
    const clean = redact(`cannot use ${secret}: no`);
    assert.ok(!clean.includes(secret.slice(8)), clean);
    assert.match(clean, /^cannot use \[\w+\]: no$/);
  }
  assert.equal(redact("Authorization: Bearer abc.def"), "Authorization: Bearer [key]");
  assert.equal(redact("https://me:secret@hub.example/a?token=abc&b=1"), "https://[…]@hub.example/a?token=[…]&b=1");
  const plain = "skein use builtin; plan 3.2 runs gosling-4m-v3: d0 0-17 > d1 18-31";
  assert.equal(redact(plain), plain);
});

test("each event of a daemon has its level: complaints are warnings, steps of an answer are for debugging", () => {
  const answer = { type: "answer", id: "0123456789", model: "m" } as const;
  const events: readonly (readonly [DaemonEvent, Level | undefined])[] = [
    [{ type: "peer", change: "up", device: "d", name: "board" }, "info"],
    [{ type: "warning", message: "no" }, "warn"],
    [{ type: "fetching", doneBytes: 1, totalBytes: 2, from: "d" }, undefined],
    [{ ...answer, stage: "began" }, "debug"],
    [{ ...answer, stage: "going", tokens: 3 }, undefined],
    [{ ...answer, stage: "failed", message: "no plan" }, "warn"],
    [{ type: "mesh", event: { type: "dialling", target: "d", attempt: 1 } }, "debug"],
    [{ type: "mesh", event: { type: "refused", target: "d", reason: "wrong-key", sentence: "no" } }, "warn"],
  ];
  for (const [event, level] of events) {
    const { log, written } = memoryLog("debug");
    logPrinter(log, "1.0.0").event(event);
    log[Symbol.dispose]();
    assert.deepEqual(written.map((line) => entryOf(line)?.level), level === undefined ? [] : [level]);
  }
});
