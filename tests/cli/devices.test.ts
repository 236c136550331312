import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberView } from "../../actors/gateway/api.ts";
import { describeDevices } from "../../cli/devices.ts";
import { chosen } from "../../cli/forget.ts";
import { readTime } from "../../cli/invite.ts";

const HOUR = 3_600_000;
const member = (name: string, device: string, more: Partial<MemberView> = {}): MemberView => {
  return { name, device, version: "0.1.0", self: false, here: true, ...more };
};
const devices = [
  member("laptop", "12D3KooWaaaa", { self: true }),
  member("board", "12D3KooWbbbb"),
  member("board", "12D3KooWcccc", { here: false, lastSeenAt: 97 * HOUR, version: "" }),
  member("phone", "12D3KooWdddd", { here: false, lastSeenAt: 0 }),
];

test("devices are shown with where they are and since when they are away", () => {
  assert.deepEqual(describeDevices(devices, 100 * HOUR).split("\n").map((line) => line.split(/ {2,}/)), [
    ["device", "", "version", "id"].filter((cell) => cell !== ""),
    ["laptop", "this device", "0.1.0", "12D3KooWaaaa"],
    ["board", "here", "0.1.0", "12D3KooWbbbb"],
    ["board", "away for 3 h", "?", "12D3KooWcccc"],
    ["phone", "away for 4 days", "0.1.0", "12D3KooWdddd"],
    [""],
  ]);
});

test("devices that run another version are named, with what to do", () => {
  assert.doesNotMatch(describeDevices(devices, 0), /Versions differ/);
  const old = member("tablet", "12D3KooWeeee", { version: "0.0.9" });
  assert.match(
    describeDevices([...devices, old], 0),
    /! Versions differ: tablet 0\.0\.9, this device 0\.1\.0\. Install/,
  );
});

test("a device is chosen by its name, its id or the beginning of it, where that is one; never this one", () => {
  assert.equal(chosen("phone", devices).device, "12D3KooWdddd");
  assert.equal(chosen("12D3KooWc", devices).device, "12D3KooWcccc");
  assert.throws(() => chosen("board", devices), /what 2 devices are called.*12D3KooWbbbb, 12D3KooWcccc/);
  assert.throws(() => chosen("12D3KooW", devices), /what 4 devices/);
  assert.throws(() => chosen("tablet", devices), /no device "tablet".*board, board, phone/);
  assert.throws(() => chosen("laptop", devices), /cannot put itself out/);
});

test("an invite's time is read in minutes, hours and days, seven at most", () => {
  assert.deepEqual(["10m", "1h", "7d"].map(readTime), [600_000, HOUR, 168 * HOUR]);
  for (const text of ["0m", "8d", "1w", "", "h"]) assert.throws(() => readTime(text), /a time like 10m/);
});
