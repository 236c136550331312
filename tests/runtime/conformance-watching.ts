/** What docs/actors.md promises of watching actors and devices, and of lost connections. */
import assert from "node:assert/strict";
import { next, type Ref, stop } from "../../runtime/actor/mod.ts";
import type { Check } from "./actor-place.ts";
import { deviceWatcher, echo, LONG, probe, terminated } from "./actor-probe.ts";
import { until } from "./until.ts";

export function checkWatching(check: Check): void {
  check("a watcher learns once why an actor ended", async ({ near, far }) => {
    const stopping = far.spawn(probe().behaviour, { name: "stopping" });
    const crashing = far.spawn(probe().behaviour, { name: "crashing" });
    const ends = [terminated(near, stopping), terminated(near, crashing)];
    await Promise.all([echo(near, stopping), echo(near, crashing)]);
    near.tell(stopping, { type: "end" });
    near.tell(crashing, { type: "crash" });
    assert.deepEqual((await Promise.all(ends)).map(({ ref, reason }) => [ref, reason]), [
      [stopping, "stopped"],
      [crashing, "crashed"],
    ]);
    assert.equal((await terminated(near, stopping)).reason, "unknown");
  });

  check("an actor that watches twice is told once, after what the watched told it", async ({ near, far }) => {
    const seen: string[] = [];
    const done = Promise.withResolvers<void>();
    type Seen = { readonly type: "heard" | "gone" | "done" };
    const target = far.spawn<null, { readonly type: "speak"; readonly to: Ref<Seen> }>({
      accepts: (message) => message as { type: "speak"; to: Ref<Seen> },
      start: () => null,
      receive(_, { to }, context) {
        context.tell(to, { type: "heard" });
        return stop();
      },
    }, { name: "target" });
    const watcher = near.spawn<null, Seen | { readonly type: "go" }>({
      accepts: (message) => message as Seen,
      start: () => null,
      receive(_, message, context) {
        seen.push(message.type);
        if (message.type === "go") {
          context.watch(target, () => ({ type: "gone" }));
          context.watch(target, () => ({ type: "gone" }));
          context.tell(target, { type: "speak", to: context.self as Ref<Seen> });
        }
        // A second word would come before the answer to a second watch.
        if (message.type === "gone") context.watch(target, () => ({ type: "done" }));
        if (message.type === "done") done.resolve();
        return next(null);
      },
    }, { name: "watcher" });
    near.tell(watcher, { type: "go" });
    await done.promise;
    assert.deepEqual(seen, ["go", "heard", "gone", "done"]);
  });

  check("after unwatch nothing is heard", async ({ near, far }) => {
    const ref = far.spawn(probe().behaviour, { name: "probe" });
    let heard = 0;
    const unwatch = near.watch(ref, () => heard++);
    const end = terminated(near, ref);
    await echo(near, ref);
    unwatch();
    near.tell(ref, { type: "end" });
    await end;
    assert.equal(heard, 0);
  });

  check(
    "an actor learns once of the loss of a device, at once of one that is not there, of its own never",
    async (place) => {
      const { near, far } = place;
      const heard: string[] = [];
      const watcher = near.spawn(deviceWatcher(heard), { name: "watcher" });
      const watchBoth = () =>
        [far.device, "nowhere"].forEach((device) => near.tell(watcher, { type: "watch", device }));
      watchBoth();
      watchBoth();
      await until(() => heard.length >= 1);
      assert.deepEqual(heard.splice(0), ["nowhere"]);
      assert.equal(near.inspect.counters().framesOut, 0);
      if (place.disconnect === undefined || place.connect === undefined) return;
      await place.disconnect();
      await until(() => heard.length >= 1);
      near.tell(watcher, { type: "watch", device: far.device });
      await until(() => heard.length >= 2);
      assert.deepEqual(heard.splice(0), [far.device, far.device]);
      await place.connect();
      near.tell(watcher, { type: "watch", device: far.device });
      near.tell(watcher, { type: "unwatch", device: far.device });
      await near.ask(watcher, (replyTo) => ({ type: "flush", replyTo }), LONG);
      await place.disconnect();
      await near.ask(watcher, (replyTo) => ({ type: "flush", replyTo }), LONG);
      assert.deepEqual(heard, []);
    },
  );

  check("a lost connection ends asks and watches as unreachable, and what comes back works", async (place) => {
    const { near, far } = place;
    if (place.disconnect === undefined || place.connect === undefined) return;
    const ref = far.spawn(probe().behaviour, { name: "probe" });
    const taken = near.ask(ref, (replyTo) => ({ type: "keep", replyTo }), LONG);
    const end = terminated(near, ref);
    await echo(near, ref);
    await place.disconnect();
    assert.equal((await taken).type, "unreachable");
    assert.equal((await end).reason, "unreachable");
    assert.equal((await echo(near, ref)).type, "unreachable");
    assert.equal((await terminated(near, ref)).reason, "unreachable");
    await place.connect();
    assert.equal((await echo(near, ref)).type, "reply");
  });
}
