/** What a supervisor is to leave behind of what it gives up: nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "../../runtime/actor/mod.ts";
import type { ExecutorMessage } from "../../actors/executor/protocol.ts";
import { giveUpLoad } from "../../actors/supervisor/giving-up.ts";
import { defined } from "./defined.ts";
import { type SupervisorScene, supervisorScene } from "./supervisor-scene.ts";

test("an attempt that is withdrawn leaves nothing behind, loading or loaded; what a plan uses stays", async () => {
  await supervisorScene(async (scene) => {
    scene.tell(scene.assignment());
    await scene.pass(50);
    const used = scene.prepared();
    scene.publish(scene.planOf(used));
    scene.tell(scene.assignment({ number: { term: 1, epoch: 2 }, last: 1 }));
    await scene.pass(50);
    scene.tell(scene.assignment({ number: { term: 1, epoch: 3 }, last: 2 }));
    scene.tell({
      type: "withdraw",
      number: { term: 1, epoch: 2 },
      leader: "leader",
    });
    scene.tell({
      type: "withdraw",
      number: { term: 1, epoch: 3 },
      leader: "leader",
    });
    await scene.pass(50);
    assert.deepEqual([...scene.compute.segments].map(({ last }) => last), [3]);
  });
});

test("a mirror that is struck out of the plan in force is let go of; one that is on its way into it stays", async () => {
  await supervisorScene(async (scene) => {
    const elsewhere: Ref<ExecutorMessage> = {
      device: "leader",
      path: "/supervisor/executor-1",
      incarnation: "1",
      channel: "tensors",
    };
    const plan = scene.planOf(elsewhere);
    const [segment] = plan.segments;
    scene.publish(plan);
    scene.tell(
      scene.assignment({ number: { term: 1, epoch: 2 }, mirrorOf: "leader" }),
    );
    await scene.pass(50);
    scene.publish(plan);
    await scene.pass(50);
    assert.equal(scene.compute.segments.size, 1);
    const mirror = { device: "here", name: "here", ref: scene.prepared() };
    scene.publish({ ...plan, segments: [{ ...defined(segment), mirror }] });
    await scene.pass(50);
    assert.equal(scene.compute.segments.size, 1);
    scene.publish(plan);
    await scene.pass(50);
    assert.equal(scene.compute.segments.size, 0);
  });
});

test("what has been loaded is closed where it is given up before its executor comes", async () => {
  await supervisorScene(async (scene) => {
    const compute = await fakeOpened(scene);
    const segment = { manifest: scene.manifest, compute, language: undefined };
    const pending = {
      assignment: scene.assignment(),
      abort: new AbortController(),
      outcome: { type: "loaded" as const, segment },
    };
    const loading = new Map([[scene.manifest.id, pending]]);
    giveUpLoad({ loading }, scene.manifest.id);
    await scene.pass(1);
    assert.deepEqual([
      scene.compute.segments.size,
      loading.size,
      pending.abort.signal.aborted,
    ], [0, 0, true]);
  });
});

async function fakeOpened({ compute, manifest, pass }: SupervisorScene) {
  const opening = compute.open({
    architecture: manifest.architecture,
    blocks: [],
    context: 64,
    slots: 2,
  });
  await pass(50);
  return await opening;
}
