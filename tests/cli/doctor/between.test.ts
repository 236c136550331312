/** What is between two devices, and what people are told to do about it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Inspection, MemberView, WaysView } from "../../../actors/gateway/api.ts";
import { type Between, findingsBetween } from "../../../cli/doctor/between.ts";

const self: MemberView = { device: "id-laptop", name: "laptop", version: "1.0.0", self: true, here: true };
const other: MemberView = {
  device: "id-board",
  name: "board",
  version: "1.0.0",
  self: false,
  here: true,
  lastSeenAt: 0,
};
const way = (outcome: WaysView["ways"][number]["outcome"], address = "/ip4/10.0.0.7/tcp/4001/p2p/id-board") => {
  return { address, by: "member" as const, outcome, milliseconds: 12 };
};
/** A device's view, of which only the links count here. */
const view = (device: string, links: readonly unknown[]) => ({ device, name: device, links });
const devices = [
  view("id-laptop", [{ device: "id-board", name: "board", roundTripMilliseconds: 0.8, bytesPerSecond: 5e7 }]),
  view("id-board", [{ device: "id-laptop", name: "laptop", roundTripMilliseconds: 0.9, bytesPerSecond: 4e7 }]),
] as unknown as Inspection["devices"];
const well: Between = {
  self,
  other,
  ways: { ways: [way("reached")], mdns: true, sightedAgo: 3000 },
  devices,
  now: 3_600_000,
};

const states = (between: Between) => findingsBetween(between).map(({ check, state }) => `${check} ${state}`);

test("where all is well each check says so, with what was measured", () => {
  const findings = findingsBetween(well);
  assert.ok(findings.every(({ state, advice }) => state === "ok" && advice === undefined), JSON.stringify(findings));
  const text = findings.map(({ found }) => found).join("\n");
  for (const part of [/board is here/, /10\.0\.0\.7\/tcp\/4001 answers in 12 ms/, /told of board 3 s ago/, /0\.8 ms/]) {
    assert.match(text, part);
  }
  assert.match(text, /from board 47\.7 MiB\/s, to it 38\.1 MiB\/s/);
});

test("a device that is away and reached by no address fails, each address with what to do", () => {
  const away = { ...other, here: false };
  const outcomes = ["closed", "silent", "wrong-key", "other-device", "failed"] as const;
  const ways = { ways: outcomes.map((outcome) => way(outcome)), mdns: true };
  const findings = findingsBetween({ ...well, other: away, ways });
  const addresses = findings.filter(({ check }) => check === "address");
  assert.equal(addresses.length, outcomes.length);
  for (const { state, advice = "" } of addresses) assert.ok(state === "fail" && advice.length > 20);
  assert.equal(findings.find(({ check }) => check === "device")?.state, "fail");
  assert.match(findings.find(({ check }) => check === "mDNS")?.advice ?? "", /5353/);
  assert.ok(!findings.some(({ check }) => check === "bandwidth"), "of a device that is away nothing is measured");
});

test("one address that works is enough; without any an invite is what helps", () => {
  const ways = { ways: [way("silent"), way("reached")], mdns: false };
  assert.deepEqual(states({ ...well, ways }).filter((state) => /address/.test(state)), ["address warn", "address ok"]);
  const none = findingsBetween({ ...well, other: { ...other, here: false }, ways: { ways: [], mdns: true } });
  assert.match(none.find(({ check }) => check === "address")?.advice ?? "", /skein invite/);
});

test("versions that differ, slow links and links that are not measured yet are said", () => {
  assert.ok(states({ ...well, other: { ...other, version: "0.9.0" } }).includes("version warn"));
  const slow = [view("id-laptop", [{ device: "id-board", roundTripMilliseconds: 80, bytesPerSecond: 1e5 }])];
  const between = { ...well, devices: slow as unknown as Inspection["devices"] };
  assert.deepEqual(states(between).slice(-2), ["round trip warn", "bandwidth warn"]);
  const unknown = findingsBetween({ ...well, devices: [] });
  assert.deepEqual(unknown.slice(-2).map(({ state }) => state), ["ok", "ok"]);
});
