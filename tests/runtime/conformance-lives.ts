/** What docs/actors.md promises of refs over the lives of an actor, and of restarts. */
import assert from "node:assert/strict";
import type { SpawnOptions } from "../../runtime/actor/mod.ts";
import type { Check } from "./actor-place.ts";
import { echo, probe, terminated } from "./actor-probe.ts";

export function checkLives(check: Check): void {
  check("a ref never reaches a later actor of the same name, a well-known address does", async ({ near, far }) => {
    const { behaviour } = probe();
    const first = far.spawn(behaviour, { name: "probe" });
    await far.stop(first);
    const second = far.spawn(behaviour, { name: "probe" });
    assert.equal((await echo(near, first)).type, "stopped");
    assert.equal((await terminated(near, first)).reason, "unknown");
    assert.equal((await echo(near, second)).type, "reply");
    assert.equal((await echo(near, near.at(far.device, "/probe"))).type, "reply");
    assert.equal((await echo(near, near.at(far.device, "/nobody"))).type, "stopped");
  });

  check("a restart keeps the ref and what waits, and starts from a fresh state", async ({ near, far }) => {
    const { behaviour, notes, starts } = probe();
    const ref = far.spawn(behaviour, { name: "probe", restart: { policy: "transient" } });
    near.tell(ref, { type: "note", n: 1 });
    near.tell(ref, { type: "crash" });
    near.tell(ref, { type: "note", n: 2 });
    assert.equal((await echo(near, ref)).type, "reply");
    assert.deepEqual(notes, [1, 2]);
    assert.equal(starts(), 2);
  });

  const policies: [NonNullable<SpawnOptions["restart"]>["policy"], "crash" | "end", boolean][] = [
    ["temporary", "crash", false],
    ["temporary", "end", false],
    ["transient", "crash", true],
    ["transient", "end", false],
    ["permanent", "crash", true],
    ["permanent", "end", true],
  ];
  for (const [policy, type, again] of policies) {
    check(`a ${policy} actor that is told to ${type} ${again ? "starts anew" : "ends"}`, async ({ near, far }) => {
      const { behaviour, starts } = probe();
      const ref = far.spawn(behaviour, { name: "probe", restart: { policy } });
      await echo(near, ref);
      near.tell(ref, { type });
      const expected = again ? "reply" : type === "crash" ? "crashed" : "stopped";
      const outcome = (await echo(near, ref)).type;
      // The ask may come when the actor has gone already, then nobody knows of the crash any more.
      assert.ok(outcome === expected || (!again && outcome === "stopped"), `${outcome}, not ${expected}`);
      assert.equal(starts(), again ? 2 : 1);
    });
  }

  check("more restarts than allowed end the actor as crashed", async ({ near, far }) => {
    const { behaviour, starts } = probe();
    const restart = { policy: "permanent", restarts: 2, seconds: 60 } as const;
    const ref = far.spawn(behaviour, { name: "probe", restart });
    const end = terminated(near, ref);
    await echo(near, ref);
    for (let n = 0; n < 3; n++) near.tell(ref, { type: "crash" });
    assert.equal((await end).reason, "crashed");
    assert.equal(starts(), 3);
  });
}
