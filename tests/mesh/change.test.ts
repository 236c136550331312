import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isGenuine, judge, type KeyChange, signChange } from "../../runtime/mesh/change.ts";
import { createDoor } from "../../runtime/mesh/door.ts";
import { readIdentity } from "../../runtime/mesh/identity.ts";
import { decodeInvite } from "../../runtime/mesh/invite.ts";
import { openInvite } from "../../runtime/mesh/invites.ts";
import { createIdentity, deviceIdOf } from "../../runtime/mesh/mod.ts";
import { derived, passKey } from "../../runtime/mesh/proof.ts";
import { simulatedClock } from "../../runtime/clock.ts";

const KEY = btoa("k".repeat(32));
const change = (more: Partial<KeyChange>): KeyChange => {
  return { epoch: 1, key: KEY, forgotten: ["eve"], by: "ann", signature: "", ...more };
};

test("a change is genuine as its maker signed it, and with nothing in it changed", async () => {
  const [identity, other] = [await createIdentity(), await createIdentity()];
  const by = deviceIdOf(identity);
  const signed = await signChange({ epoch: 1, key: KEY, forgotten: [deviceIdOf(other)], by }, readIdentity(identity));
  assert.ok(await isGenuine(signed));
  const forgeries: Partial<KeyChange>[] = [
    { epoch: 2 },
    { key: btoa("x".repeat(32)) },
    { forgotten: [] },
    { by: deviceIdOf(other) },
    { by: "nobody" },
    { signature: "" },
  ];
  for (const forgery of forgeries) {
    assert.equal(await isGenuine({ ...signed, ...forgery }), false, Object.keys(forgery).join());
  }
});

test("a later change counts, an earlier one does not; of two at once that of the smaller id", () => {
  const who = { self: "bob", known: true };
  const current = change({ epoch: 5, signature: "5" });
  const verdict = (more: Partial<KeyChange>) => judge(change({ signature: "other", ...more }), current, who);
  assert.equal(verdict({ epoch: 6 }), "adopt");
  assert.equal(verdict({ epoch: 4 }), "ignore");
  assert.equal(verdict({ epoch: 5, by: "adam" }), "adopt");
  assert.equal(verdict({ epoch: 5, by: "bob" }), "ignore");
  assert.equal(judge(current, current, who), "ignore");
});

test("a change by who is out, by who was never met, against this device, or numbered absurdly is refused", () => {
  const current = change({ epoch: 5, signature: "5" });
  const later = { epoch: 6, signature: "6" };
  assert.equal(
    judge(change({ ...later, by: "eve", forgotten: ["ann"] }), current, { self: "bob", known: true }),
    "refuse",
  );
  assert.equal(judge(change(later), current, { self: "bob", known: false }), "refuse");
  assert.equal(judge(change({ ...later, forgotten: ["bob"] }), current, { self: "bob", known: true }), "refuse");
  assert.equal(judge(change({ ...later, epoch: 5000 }), current, { self: "bob", known: true }), "refuse");
});

test("devices that hear the same changes, in any order, end with the same one", () => {
  const some = fc.record({ epoch: fc.integer({ min: 1, max: 3 }), by: fc.constantFrom("ann", "bob", "cat") });
  fc.assert(fc.property(fc.array(some, { minLength: 1 }), fc.infiniteStream(fc.nat()), (made, draws) => {
    const changes = made.map((one) => change({ ...one, signature: `${one.epoch} ${one.by}` }));
    const shuffled = changes.map((one) => ({ one, key: draws.next().value })).sort((a, b) => a.key - b.key);
    const end = (heard: readonly KeyChange[]) =>
      heard.reduce<KeyChange | undefined>((current, one) => {
        return judge(one, current, { self: "dan", known: true }) === "adopt" ? one : current;
      }, undefined)?.signature;
    assert.equal(end(changes), end(shuffled.map(({ one }) => one)));
  }));
});

test("an invite opens the door until its time is over, on the clock of the device that made it", async () => {
  const clock = simulatedClock();
  const door = createDoor(new Uint8Array(32));
  const { text } = openInvite(
    { door, clock, now: () => 0, isForgotten: (device) => device === "eve" },
    ["/ip4/127.0.0.1/tcp/1/p2p/x"],
    { lifetimeMs: 90_000 },
  );
  const { secret, expiresAt, addresses } = decodeInvite(text);
  assert.deepEqual([expiresAt, addresses], [120_000, ["/ip4/127.0.0.1/tcp/1"]]);
  const nonces = [new Uint8Array(32), new Uint8Array(32)];
  const shown = () => door.shown(derived(passKey(secret, "invite"), "prove", "dialler", nonces), nonces);
  const pass = shown();
  assert.ok(pass?.type === "pass");
  assert.match(pass.pass.objection("eve") ?? "", /put out/);
  assert.equal(pass.pass.objection("bob"), undefined);
  pass.pass.used("bob");
  assert.match(pass.pass.objection("cat") ?? "", /used already/);
  await clock.advance(89_000);
  assert.notEqual(shown(), undefined);
  await clock.advance(1000);
  assert.equal(shown(), undefined);
});
