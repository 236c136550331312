/** The executor alone: how sequences come and go, and what is left when devices, workers or it itself do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_WAITING, MAX_WAITING_OF_CLIENT } from "../../actors/executor/waiting.ts";
import type { ExecutorOptions } from "../../actors/executor/state.ts";
import { ComputeGoneError } from "../../models/compute/mod.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import { defined } from "./defined.ts";
import { one, open, scene } from "./executor-scene.ts";

test("the first segment gives the lowest slot, says so, and opens the sequence further down", async () => {
  await scene({}, async ({ talker, enter, next }) => {
    const [x, y] = [talker("x"), talker("y")];
    const numbers = [await enter(x), await enter(y)];
    assert.deepEqual(next.of("open").map(({ sequence, slot }) => ({ sequence, slot })), [
      { sequence: numbers[0], slot: 0 },
      { sequence: numbers[1], slot: 1 },
    ]);
    assert.deepEqual(next.of("open").map(({ route }) => route), [[], []]);
    assert.notEqual(numbers[0], numbers[1]);
  });
});

test("who finds no slot waits, in the order of asking; whoever goes makes room", async () => {
  await scene({}, async ({ talker, enter, tell, next, look }) => {
    const talkers = ["u", "v", "w", "x", "y"].map((name) => talker(name));
    for (const one of talkers) await enter(one);
    const seated = () => talkers.map((one) => one.of("seated").length).join("");
    assert.equal(seated(), "11000");
    assert.equal((await look()).waiting, 3);
    await tell({ type: "leave", conversation: defined(talkers[3]).ref, keep: false });
    await tell({ type: "leave", conversation: defined(talkers[1]).ref, keep: false });
    assert.equal(seated(), "11100", "w has v's slot");
    await tell({ type: "leave", conversation: defined(talkers[0]).ref, keep: false });
    assert.equal(seated(), "11101", "x left the line before its turn");
    assert.deepEqual(next.of("open").map(({ slot }) => slot), [0, 1, 1, 0]);
    assert.deepEqual(next.heard.map(({ type }) => type).join(" "), "open open close open close open");
  });
});

test("leaving twice, or without having entered, is nothing", async () => {
  await scene({}, async ({ talker, enter, tell, next, look }) => {
    const x = talker("x");
    await enter(x);
    for (let time = 0; time < 2; time++) await tell({ type: "leave", conversation: x.ref, keep: false });
    await tell({ type: "leave", conversation: talker("y").ref, keep: false });
    assert.equal(next.of("close").length, 1);
    assert.deepEqual((await look()).slots, { taken: 0, all: 2 });
  });
});

test("a later segment obeys the slot that it is told, and passes the rest of the way on", async () => {
  await scene({ embeds: false }, async ({ talker, tell, route, next, steps }) => {
    const x = talker("x", "a");
    await tell(open(x, 5, 1, route), "a");
    const [opened] = next.of("open");
    assert.deepEqual([opened?.sequence, opened?.slot, opened?.route], [5, 1, []]);
    await tell({ ...one(5, 0, 1, 2), hidden: Float32Array.of(1, 2, 3, 4) }, "a");
    assert.deepEqual(steps[0]?.request.rows.map(({ slot }) => slot), [1]);
    assert.deepEqual(x.heard, []);
  });
});

test("slots are refused that the first segment is told, that do not exist, or that another device's answer has", async () => {
  const told = async (options: Partial<ExecutorOptions>, slot: number) => {
    let reason = "";
    await scene(options, async ({ talker, tell }) => {
      await tell(open(talker("own"), 1, 0));
      const x = talker("x", "a");
      await tell(open(x, 2, slot), "a");
      reason = x.of("failed")[0]?.reason ?? "";
    });
    return reason;
  };
  assert.match(await told({}, 1), /the first segment's to give/);
  assert.match(await told({ embeds: false }, 2), /there is no slot 2/);
  assert.match(await told({ embeds: false }, 0), /slot 0 is still another answer's/);
  assert.equal(await told({ embeds: false }, 1), "");
});

test("a sequence begins for a conversation of the device that opens it, or of one where a plan begins; never for what lives on", async () => {
  await scene({ embeds: false, entrances: () => ["b"] }, async ({ talker, tell, look }) => {
    const [own, entrance, third] = [talker("own", "a"), talker("entrance", "b"), talker("third", "c")];
    await tell(open(third, 1, 0), "a");
    assert.match(third.of("failed")[0]?.reason ?? "", /no plan known here begins/);
    await tell({ ...open(own, 2, 0), conversation: { ...own.ref, incarnation: "*" } }, "a");
    assert.equal((await look()).slots.taken, 0);
    await tell(open(own, 3, 0), "a");
    await tell(open(entrance, 4, 1), "a");
    assert.equal((await look()).slots.taken, 2);
  });
});

test("a sequence is stepped and closed by the device that it came by, and by no other that guesses its number", async () => {
  await scene({ embeds: false }, async ({ talker, tell, look, steps }) => {
    const x = talker("x", "a");
    await tell(open(x, 5, 0), "a");
    const row = { ...one(5, 0, 1), hidden: Float32Array.of(1, 2) };
    for (const stranger of ["b", "c"]) {
      await tell(row, stranger);
      await tell({ type: "close", sequence: 5, keep: false }, stranger);
    }
    assert.deepEqual([steps.length, x.heard.length, (await look()).slots.taken], [0, 0, 1]);
    await tell(row, "a");
    await tell({ type: "close", sequence: 5, keep: false }, "a");
    assert.deepEqual([steps.length, (await look()).slots.taken], [1, 0]);
  });
});

test("the line for a slot is bounded: who comes after that is told so", async () => {
  await scene({ slots: 1 }, async ({ talker, tell, route, look }) => {
    const [x, y, z] = [talker("x"), talker("y"), talker("z")];
    const enter = ({ ref: conversation }: typeof x, client: string) =>
      tell({ type: "enter", conversation, route, sampling: defaultSampling, client });
    for (let entered = 0; entered <= MAX_WAITING_OF_CLIENT; entered++) await enter(x, "greedy");
    assert.deepEqual([x.of("refused").length, (await look()).waiting], [0, MAX_WAITING_OF_CLIENT]);
    await enter(x, "greedy");
    const [refused] = x.of("refused");
    assert.match(refused?.reason ?? "", /answers wait for a place already/);
    assert.ok((refused?.retryAfterSeconds ?? 0) >= 1);
    for (let entered = MAX_WAITING_OF_CLIENT; entered < MAX_WAITING; entered++) await enter(y, `${entered}`);
    assert.deepEqual([x.of("refused").length, (await look()).waiting], [1, MAX_WAITING]);
    await enter(z, "another");
    assert.equal(z.of("refused").length, 1);
  });
});

test("an entrance at a later segment is refused", async () => {
  await scene({ embeds: false }, async ({ talker, enter }) => {
    const x = talker("x");
    assert.equal(await enter(x), -1);
    assert.match(x.of("failed")[0]?.reason ?? "", /begins at the first segment/);
  });
});

test("a slot that its own device gives anew ends who had it, and a late close does not touch who has it now", async () => {
  await scene({ embeds: false }, async ({ talker, tell, route, next, look, steps }) => {
    const [x, y] = [talker("x", "a"), talker("y", "a")];
    await tell(open(x, 5, 0, route), "a");
    await tell({ ...one(5, 0, 1), hidden: Float32Array.of(1, 2) }, "a");
    await tell(open(y, 6, 0, route), "a");
    assert.match(x.of("failed")[0]?.reason ?? "", /slot was given away/);
    assert.deepEqual(next.heard.map(({ type }) => type), ["open", "close", "open"]);
    await tell({ type: "close", sequence: 5, keep: false }, "a");
    assert.equal((await look()).slots.taken, 1);
    await tell({ ...one(5, 1, 1), hidden: Float32Array.of(1, 2) }, "a");
    await tell({ ...one(6, 0, 1), hidden: Float32Array.of(3, 4) }, "a");
    defined(steps[0]).end({ hidden: Float32Array.of(0, 0) });
    await tell({ type: "close", sequence: 999, keep: false }, "a");
    assert.deepEqual(next.of("forward"), [], "what x's last step gave is nobody's");
    assert.deepEqual([...defined(steps[1]?.request.hidden)], [3, 4]);
  });
});

test("an executor whose worker is gone crashes: all that run or wait there are told, and those behind let go", async () => {
  await scene({}, async ({ clock, talker, enter, tell, steps, next, ends, closed }) => {
    const talkers = ["x", "y", "z"].map((name) => talker(name));
    const [first = -1] = [await enter(defined(talkers[0])), await enter(defined(talkers[1]))];
    await enter(defined(talkers[2]));
    await tell(one(first, 0, 1));
    defined(steps[0]).fail(new ComputeGoneError("it was killed"));
    await clock.advance(1);
    for (const one of talkers) assert.match(one.of("failed")[0]?.reason ?? "", /a segment has crashed:.*it was killed/);
    assert.deepEqual(talkers.map((one) => one.of("failed").length), [1, 1, 1]);
    assert.equal(next.of("close").length, 2);
    assert.match(ends[0] ?? "", /^crashed: .*it was killed/);
    assert.ok(closed());
  });
});

test("an executor that is let go says so to its conversations", async () => {
  await scene({}, async ({ talker, enter, stop, next, closed }) => {
    const x = talker("x");
    await enter(x);
    await stop();
    assert.deepEqual(x.of("failed"), [{ type: "failed", reason: "a segment was let go" }]);
    assert.equal(next.of("close").length, 1);
    assert.ok(closed());
  });
});

test("what came from a device that is lost is let go, here and further down; the rest stays", async () => {
  await scene({ embeds: false }, async ({ clock, network, talker, tell, route, next, look }) => {
    const [x, y] = [talker("x", "b"), talker("y", "b")];
    await tell(open(x, 5, 0, route), "a");
    await tell(open(y, 6, 1, route), "b");
    network.disconnect("a", "b");
    await clock.advance(1);
    assert.match(x.of("failed")[0]?.reason ?? "", /the segment before was lost \(a\)/);
    assert.deepEqual(next.of("close"), [{ type: "close", sequence: 5, keep: true }]);
    assert.deepEqual([y.of("failed").length, (await look()).slots.taken], [0, 1]);
  });
});

test("where the next device is lost, or was from the beginning, the conversation is told", async () => {
  await scene({}, async ({ clock, network, talker, enter, look }) => {
    const [x, y] = [talker("x"), talker("y")];
    await enter(x);
    network.disconnect("b", "c");
    await clock.advance(1);
    assert.match(x.of("failed")[0]?.reason ?? "", /the next segment was lost \(c\)/);
    await enter(y);
    await clock.advance(1);
    assert.match(y.of("failed")[0]?.reason ?? "", /the next segment was lost \(c\)/);
    assert.equal((await look()).slots.taken, 0);
    network.connect("b", "c");
    const z = talker("z");
    await enter(z);
    network.disconnect("b", "c");
    await clock.advance(1);
    assert.equal(z.of("failed").length, 1, "a device that came back is watched again");
  });
});
