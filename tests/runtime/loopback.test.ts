import assert from "node:assert/strict";
import { test } from "node:test";
import { createLoopback } from "../../runtime/actor/loopback.ts";
import { createActorSystem, next, parseRef, type Ref } from "../../runtime/actor/mod.ts";
import { simulatedClock } from "../../runtime/clock.ts";

test("frames take the link's latency and bandwidth by the clock, in order on both channels", async () => {
  const clock = simulatedClock();
  const network = createLoopback({ clock, link: { latencyMs: 10, bytesPerSecond: 1000 } });
  const a = network.join("a");
  const b = network.join("b");
  const seen: [string, number, number][] = [];
  b.onFrame((_, channel, frame) => seen.push([channel, frame.byteLength, clock.now()]));
  a.send("b", "tensors", new Uint8Array(20));
  a.send("b", "control", new Uint8Array(5));
  await clock.advance(34);
  assert.deepEqual(seen, [["tensors", 20, 30]]);
  await clock.advance(1);
  assert.deepEqual(seen.splice(0), [["tensors", 20, 30], ["control", 5, 35]]);
  await clock.advance(65);
  a.send("b", "control", new Uint8Array(50));
  network.shape("a", "b", {});
  a.send("b", "control", new Uint8Array(1));
  network.shape("b", "a", { latencyMs: 1 });
  a.send("b", "control", new Uint8Array(2));
  await clock.advance(1000);
  assert.deepEqual(seen.splice(0), [["control", 50, 160], ["control", 1, 160], ["control", 2, 160]]);
  a.send("b", "control", new Uint8Array(3));
  network.disconnect("a", "b");
  network.connect("a", "b");
  await clock.advance(1000);
  assert.deepEqual(seen, []);
});

test("a message that actors pass on takes exactly the time of the links, and so many frames", async () => {
  const clock = simulatedClock();
  const network = createLoopback({ clock, link: { latencyMs: 7 } });
  const systems = ["a", "b", "c"].map((device) =>
    createActorSystem({ device, clock, transport: network.join(device), graceMs: 1 })
  );
  const arrivals: number[] = [];
  type Baton = { readonly type: "baton"; readonly laps: number; readonly then: readonly Ref<Baton>[] };
  const refs = systems.map((system) =>
    system.spawn<null, Baton>({
      accepts: (message) => {
        const { laps, then } = message as Baton;
        return { type: "baton", laps, then: then.map((ref) => parseRef<Baton>(ref)) };
      },
      start: () => null,
      receive(_, { laps, then }, context) {
        arrivals.push(clock.now());
        const [to, ...rest] = then;
        if (laps > 0 && to !== undefined) context.tell(to, { type: "baton", laps: laps - 1, then: [...rest, to] });
        return next(null);
      },
    }, { name: "runner" })
  );
  const [first, ...others] = refs as [Ref<Baton>, ...Ref<Baton>[]];
  systems[0]?.tell(first, { type: "baton", laps: 30, then: [...others, first] });
  await clock.advance(30 * 7);
  assert.deepEqual(arrivals, Array.from({ length: 31 }, (_, n) => n * 7));
  assert.deepEqual(systems.map(({ inspect }) => inspect.counters().framesOut), [10, 10, 10]);
  for (const system of systems) await system.stop();
});
