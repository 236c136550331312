/** One run of the random test: told, asked, crashed, stopped and cut off in any order. */
import assert from "node:assert/strict";
import type { SpawnOptions } from "../../runtime/actor/mod.ts";
import type { Place } from "./actor-place.ts";
import { echo, type Probe, probe } from "./actor-probe.ts";

/** Does the steps to an actor of its own and checks order and outcomes. */
export async function chaos(place: Place, name: string, steps: readonly string[]): Promise<void> {
  const { near, far } = place;
  const { behaviour, notes } = probe();
  const options: SpawnOptions = { name, restart: { policy: "transient", restarts: 2, seconds: 60 } };
  const ref = near.at<Probe>(far.device, `/${name}`);
  const lives = () => far.inspect.snapshot().some(({ path }) => path === `/${name}`);
  far.spawn(behaviour, options);
  const outcomes: Promise<void>[] = [];
  let n = 0;
  for (const step of steps) {
    if (step === "tell") near.tell(ref, { type: "note", n: n++ });
    if (step === "crash") near.tell(ref, { type: "crash" });
    if (step === "end") near.tell(ref, { type: "end" });
    if (step === "break") await place.disconnect?.();
    if (step === "join") await place.connect?.();
    if (step === "spawn" && !lives()) far.spawn(behaviour, options);
    if (step === "ask") {
      const value = n++;
      outcomes.push(
        echo(near, ref, value).then((outcome) => {
          assert.ok(["reply", "stopped", "crashed", "unreachable"].includes(outcome.type), outcome.type);
          if (outcome.type === "reply") assert.equal(outcome.value, value);
        }),
      );
    }
    if (step === "keep") {
      outcomes.push(
        near.ask(ref, (replyTo) => ({ type: "keep", replyTo }), { timeoutMs: 15 }).then(({ type }) => {
          assert.ok(["timeout", "stopped", "crashed", "unreachable"].includes(type), type);
        }),
      );
    }
    if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await place.connect?.();
  await Promise.all(outcomes);
  await far.stop(far.at(far.device, `/${name}`));
  assert.deepEqual(notes, [...new Set(notes)].sort((a, b) => a - b), "in order, none twice");
}
