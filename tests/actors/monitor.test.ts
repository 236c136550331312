/** What the monitor learns and when it speaks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { differs } from "../../actors/monitor/differs.ts";
import { Samples } from "../../actors/monitor/samples.ts";
import type { DeviceReport } from "../../actors/leader/protocol.ts";

test("a median ignores the few odd values that a mean would follow", () => {
  const samples = new Samples(5);
  assert.equal(samples.median(), undefined);
  for (const value of [10, 11, 9, 5000, 10]) samples.add(value);
  assert.equal(samples.median(), 10);
  for (const value of [NaN, -1, Infinity]) samples.add(value);
  assert.equal(samples.count, 5);
});

test("a median lies between the least and the largest of the latest values", () => {
  fc.assert(fc.property(fc.array(fc.float({ min: 0, max: 1000, noNaN: true }), { minLength: 1 }), (values) => {
    const samples = new Samples(7);
    for (const value of values) samples.add(value);
    const latest = values.slice(-7);
    const median = samples.median() ?? NaN;
    return median >= Math.min(...latest) && median <= Math.max(...latest);
  }));
});

test("a report has news when something changes beyond the noise, or appears, or goes", () => {
  const report: DeviceReport = {
    device: "a",
    name: "a",
    usableBytes: 1000,
    totalBytes: 2000,
    spareDiskBytes: 0,
    rates: { decodeNanosecondsPerByte: 1, prefillNanosecondsPerMultiplyAdd: 1 },
    work: [{ model: "m", blocks: [{ index: 0, decodeMilliseconds: 1 }] }],
    peers: ["b"],
    links: [{ from: "b", roundTripMilliseconds: 1, bytesPerSecond: 1000 }],
    slowdown: 1,
    sensors: { cores: 2, load: 0 },
  };
  assert.equal(differs(report, { ...report, usableBytes: 950, sensors: { cores: 2, load: 5 } }), false);
  assert.equal(differs(report, { ...report, usableBytes: 700 }), true);
  assert.equal(differs(report, { ...report, links: [] }), true);
  assert.equal(
    differs(report, { ...report, links: [{ from: "b", roundTripMilliseconds: 2, bytesPerSecond: 1000 }] }),
    true,
  );
  const slower = [{ model: "m", blocks: [{ index: 0, decodeMilliseconds: 1.5 }] }];
  assert.equal(differs(report, { ...report, work: slower }), true);
});
