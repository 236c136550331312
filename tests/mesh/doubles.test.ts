/** Two machines with one identity. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Lives } from "../../runtime/mesh/lives.ts";
import { createIdentity, createMeshKey, deviceIdOf } from "../../runtime/mesh/mod.ts";
import { observe, type Observed, stopAll, stopwatch, until } from "./support.ts";

/** Long enough for the waits between dials; other tests run beside this one. */
const PATIENCE = 90_000;

/** Time for some dials more, in milliseconds. */
const SETTLED = 8000;

interface Connection {
  open: boolean;
}

const scene = () => new Lives<Connection>(({ open }) => open);

test("a life that is met before and after another one goes on beside it", () => {
  const lives = scene();
  const [first, second] = [{ open: false }, { open: true }];
  assert.equal(lives.met("d", "x", first, 0), undefined);
  assert.equal(lives.met("d", "y", second, 1000), undefined);
  assert.deepEqual(lives.met("d", "x", { open: true }, 4000), [second]);
  assert.equal(lives.met("other", "x", { open: true }, 5000), undefined);
});

test("a life whose connection stays open long after another one began goes on beside it", () => {
  const lives = scene();
  const first = { open: true };
  lives.met("d", "x", first, 0);
  assert.equal(lives.met("d", "y", { open: true }, 1000), undefined);
  assert.equal(lives.met("d", "y", { open: true }, 6000), undefined);
  assert.deepEqual(lives.met("d", "y", { open: true }, 10_000), [first]);
});

test("a device that starts again and again, also by a crash whose connection hangs for 7 s, is never taken for two", () => {
  const restart = fc.record({ after: fc.integer({ min: 1, max: 60_000 }), hangs: fc.integer({ min: 0, max: 7000 }) });
  fc.assert(fc.property(fc.array(restart, { maxLength: 20 }), (restarts) => {
    let now = 0;
    const lives = new Lives<{ readonly until: number }>(({ until }) => now < until);
    for (const [life, { after, hangs }] of restarts.entries()) {
      // It connects at once, and again before it ends.
      const end = now + after;
      for (const at of [now, now + after / 2]) {
        now = at;
        assert.equal(lives.met("d", `${life}`, { until: end + hangs }, now), undefined);
      }
      now = end;
    }
  }));
});

test("of two that put each other off the line the other one is known for a double too when it comes back", () => {
  const lives = scene();
  lives.met("d", "x", { open: false }, 0);
  lives.met("d", "y", { open: false }, 1000);
  assert.deepEqual(lives.met("d", "x", { open: false }, 4000), []);
  assert.deepEqual(lives.met("d", "y", { open: true }, 9000), []);
  assert.equal(lives.met("d", "z", { open: true }, 9500), undefined);
});

test("many devices and many lives do not grow the memory", () => {
  const lives = scene();
  for (let n = 0; n < 5000; n++) lives.met(`${n % 1000}`, `${n}`, { open: true }, n);
  // The very first are forgotten.
  assert.equal(lives.met("0", "0", { open: true }, 10_000), undefined);
});

/** Identities, that of the smaller device first: the smaller of two chooses the connection, the other one follows. */
async function identities(): Promise<readonly [Uint8Array, Uint8Array]> {
  const two = [await createIdentity(), await createIdentity()].map((identity) =>
    [deviceIdOf(identity), identity] as const
  );
  two.sort(([a], [b]) => a < b ? -1 : 1);
  return [two[0]?.[1] ?? new Uint8Array(), two[1]?.[1] ?? new Uint8Array()];
}

const doublesSaid = ({ events }: Observed) => events.flatMap((event) => event.type === "double" ? [event] : []);

for (const witness of ["smaller", "larger"] as const) {
  test(`two machines with one identity are named by the one that meets both, and told (its id is the ${witness})`, async () => {
    const key = createMeshKey();
    const [small, large] = await identities();
    const [own, copied] = witness === "smaller" ? [small, large] : [large, small];
    const c = await observe({ name: "witness", identity: own, key });
    const join = c.mesh.addresses();
    const a = await observe({ name: "original", identity: copied, key, join });
    let b: Observed | undefined;
    try {
      await until("the original is there", () => c.ups.includes("up original"));
      b = await observe({ name: "copy", identity: copied, key, join });
      const all = [c, a, b];
      using watch = stopwatch();
      const silent = () => all.filter((one) => doublesSaid(one).length === 0).map(({ mesh }) => mesh.name);
      while (silent().length > 0 && watch.elapsed() < PATIENCE) await new Promise((resolve) => setTimeout(resolve, 50));
      assert.deepEqual(silent(), []);
      for (const one of all) {
        const [said] = doublesSaid(one);
        assert.equal(said?.device, a.mesh.self);
        assert.match(said?.sentence ?? "", /remove identity\.key from its data folder and start it again/);
      }
      assert.match(doublesSaid(c)[0]?.sentence ?? "", /^(original|copy) is there twice, at 127\.0\.0\.1: two machines/);
      // They do not put each other off the line for ever: one of them stays.
      const before = c.ups.length;
      await new Promise((resolve) => setTimeout(resolve, SETTLED));
      assert.ok(c.ups.length - before <= 2, c.ups.slice(before).join());
      assert.equal(c.mesh.peers().length, 1);
      assert.match(doublesSaid(a)[0]?.sentence ?? "", /^Another machine.* has the identity of this device/);
    } finally {
      await stopAll(a, b, c);
    }
  });
}
