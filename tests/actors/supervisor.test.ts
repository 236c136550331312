/** The supervisor alone: assignments, publications and conversations, message by message, on a simulated clock. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "../../runtime/actor/mod.ts";
import type { ExecutorMessage } from "../../actors/executor/protocol.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import { supervisorScene } from "./supervisor-scene.ts";

test("an assignment is loaded and told: prepared to the leader, offered for the next one, held to the monitor", async () => {
  await supervisorScene(async (scene) => {
    scene.tell(scene.assignment());
    await scene.pass(50);
    const [prepared] = scene.leader.of("prepared");
    assert.deepEqual([prepared?.number, prepared?.device], [{
      term: 1,
      epoch: 1,
    }, "here"]);
    assert.deepEqual(scene.monitor.of("held"), [{ type: "held", bytes: 1000 }]);
    const [offer] = scene.here.of("offer");
    assert.deepEqual([offer?.model, offer?.complete], [
      scene.manifest.id,
      false,
    ]);
    assert.deepEqual(scene.events.filter(({ type }) => type === "segment"), [
      { type: "segment", first: 0, last: 3, bytes: 1000, milliseconds: 20 },
    ]);
  });
});

test("the same run of blocks under a later plan is not loaded again", async () => {
  await supervisorScene(async (scene) => {
    scene.tell(scene.assignment());
    await scene.pass(50);
    scene.tell(scene.assignment({ number: { term: 1, epoch: 2 } }));
    await scene.pass(50);
    const [first, second] = scene.leader.of("prepared");
    assert.deepEqual(second?.ref, first?.ref);
    assert.deepEqual(second?.number, { term: 1, epoch: 2 });
    assert.equal(scene.compute.segments.size, 1);
  });
});

test("a later assignment supersedes one that is being loaded, an earlier one is not heard", async () => {
  await supervisorScene(async (scene) => {
    scene.tell(scene.assignment({ number: { term: 1, epoch: 2 } }));
    scene.tell(scene.assignment({ number: { term: 1, epoch: 1 }, last: 1 }));
    scene.tell(scene.assignment({ number: { term: 1, epoch: 3 }, last: 2 }));
    await scene.pass(100);
    assert.deepEqual(
      scene.leader.of("prepared").map(({ number }) => number.epoch),
      [3],
    );
    assert.deepEqual(
      [...scene.compute.segments].map(({ first, last }) => [first, last]),
      [[0, 2]],
    );
  });
});

test("two models are loaded one after the other, and neither ends the other's load", async () => {
  await supervisorScene(async (scene) => {
    scene.tell(scene.assignment());
    scene.tell(
      scene.assignment({
        number: { term: 1, epoch: 2 },
        model: scene.other.id,
      }),
    );
    await scene.pass(100);
    assert.deepEqual(
      scene.leader.of("prepared").map(({ number }) => number.epoch),
      [1, 2],
    );
    assert.equal(scene.compute.segments.size, 2);
  });
});

test("a device that loads for long says so every three seconds, until it is done", async () => {
  await supervisorScene(async (scene) => {
    scene.tell(scene.assignment());
    await scene.pass(10_000);
    assert.equal(scene.leader.of("preparing").length, 3);
    assert.equal(scene.leader.of("prepared").length, 1);
    await scene.pass(10_000);
    assert.equal(scene.leader.of("preparing").length, 3);
  }, { loadMilliseconds: 9500 });
});

test("what cannot be loaded is told with its reason, to the leader and the owner", async () => {
  await supervisorScene(async (scene) => {
    scene.compute.failNextLoads(1, "there is no memory for it");
    scene.tell(scene.assignment());
    await scene.pass(50);
    assert.deepEqual(
      scene.leader.of("unprepared").map(({ reason }) => reason),
      ["there is no memory for it"],
    );
    assert.ok(
      scene.events.some((event) => event.type === "warning" && event.message.includes("no memory for it")),
    );
    scene.tell(scene.assignment({ last: 99, number: { term: 1, epoch: 2 } }));
    await scene.pass(50);
    assert.match(
      scene.leader.of("unprepared")[1]?.reason ?? "",
      /names blocks 0 to 99; the model has 6/,
    );
  });
});

test("a plan that does without a segment lets it go; one that counts on a segment that is not here says so", async () => {
  await supervisorScene(async (scene) => {
    scene.tell(scene.assignment());
    await scene.pass(50);
    scene.publish(scene.planOf(scene.prepared()));
    const elsewhere: Ref<ExecutorMessage> = {
      ...scene.prepared(),
      device: "leader",
    };
    scene.publish(scene.planOf(elsewhere, { number: { term: 1, epoch: 5 } }));
    await scene.pass(50);
    assert.equal(scene.compute.segments.size, 0);
    assert.deepEqual(scene.monitor.of("held").at(-1), {
      type: "held",
      bytes: 0,
    });
    assert.deepEqual(scene.leader.of("segment-lost"), []);
    scene.publish(
      scene.planOf(scene.prepared(), { number: { term: 1, epoch: 6 } }),
    );
    await scene.pass(50);
    assert.match(
      scene.leader.of("segment-lost")[0]?.reason ?? "",
      /has been restarted/,
    );
  });
});

test("a plan that takes a segment for what it is not is told so: each device vouches for its own part", async () => {
  await supervisorScene(async (scene) => {
    scene.tell(scene.assignment());
    await scene.pass(50);
    const ref = scene.prepared();
    const right = scene.planOf(ref);
    const [segment] = right.segments;
    assert.ok(segment !== undefined);
    const wrong: Partial<ActivePlan>[] = [
      { segments: [{ ...segment, last: 2 }] },
      { segments: [{ ...segment, first: 1 }] },
      { model: { ...right.model, blocks: 4 } },
      { model: { ...right.model, id: scene.other.id } },
    ];
    scene.publish(right);
    for (const more of wrong) scene.publish(scene.planOf(ref, more));
    await scene.pass(50);
    assert.equal(scene.leader.of("segment-lost").length, wrong.length);
  });
});

test("an executor that crashes is told to the leader; one that is let go is not", async () => {
  await supervisorScene(async (scene) => {
    scene.tell(scene.assignment());
    await scene.pass(50);
    scene.publish(scene.planOf(scene.prepared()));
    assert.equal((await scene.converse("one")).type, "conversing");
    scene.compute.die();
    await scene.pass(200);
    const [lost] = scene.leader.of("segment-lost");
    assert.deepEqual([lost?.device, lost?.number], ["here", {
      term: 1,
      epoch: 1,
    }]);
    assert.match(lost?.reason ?? "", /crashed/);
    assert.equal(
      scene.events.filter(({ type }) => type === "released").length,
      1,
    );
  });
});

test("an election ends what was being loaded for another term, and what was loaded goes with the next plan", async () => {
  await supervisorScene(async (scene) => {
    scene.tell(
      scene.assignment({ number: { term: 900_000, epoch: 9 }, last: 1 }),
    );
    await scene.pass(50);
    scene.tell(
      scene.assignment({ number: { term: 900_000, epoch: 10 }, last: 2 }),
    );
    scene.tell({ type: "elected", leader: undefined, term: 1 });
    scene.tell({ type: "elected", leader: "leader", term: 2 });
    scene.tell(scene.assignment({ number: { term: 2, epoch: 1 } }));
    await scene.pass(100);
    assert.deepEqual([...scene.compute.segments].map(({ last }) => last), [
      1,
      3,
    ]);
    const ref = scene.leader.of("prepared").at(-1)?.ref ?? scene.prepared();
    scene.publish(scene.planOf(ref, { number: { term: 2, epoch: 1 } }));
    await scene.pass(50);
    assert.deepEqual([...scene.compute.segments].map(({ last }) => last), [3]);
  });
});

test("a conversation begins under the plan in force only, where its first segment is, and once", async () => {
  await supervisorScene(async (scene) => {
    assert.deepEqual(await scene.converse("one"), {
      type: "declined",
      reason: "the plan has changed",
    });
    // Of an attempt to come: the plan in force does without it so far.
    scene.tell(scene.assignment({ number: { term: 1, epoch: 2 } }));
    await scene.pass(50);
    const elsewhere: Ref<ExecutorMessage> = {
      ...scene.prepared(),
      device: "leader",
    };
    scene.publish(scene.planOf(elsewhere));
    assert.deepEqual(await scene.converse("one"), {
      type: "declined",
      reason: "the first segment is not here",
    });
    scene.publish(
      scene.planOf(scene.prepared(), { number: { term: 1, epoch: 1 } }),
    );
    assert.equal((await scene.converse("one")).type, "conversing");
    assert.deepEqual(await scene.converse("one"), {
      type: "declined",
      reason: "there is a conversation one already",
    });
    assert.equal((await scene.converse("two")).type, "conversing");
  });
});

test("blocks in reserve are fetched for the leader that is known, and a later assignment comes first", async () => {
  await supervisorScene(async (scene) => {
    scene.publish(undefined);
    const reserve = {
      type: "reserve" as const,
      model: scene.manifest.id,
      first: 1,
      last: 2,
      owner: "b",
      sources: [],
    };
    scene.tell({ ...reserve, leader: "leader" });
    await scene.pass(50);
    assert.deepEqual(scene.events.filter(({ type }) => type === "standby"), [
      { type: "standby", first: 1, last: 2, owner: "b" },
    ]);
  });
});
