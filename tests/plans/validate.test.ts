import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Device, plan, type Problem, solvers, validate } from "../../plans/mod.ts";
import { device, home } from "./home.ts";

const good = device("laptop", 2000, 1);

function refusalsWith(broken: Partial<Device>): string {
  const checked = validate(home([good, { ...device("phone", 2000, 2), ...broken }]));
  assert.ok(checked.type === "sound");
  assert.deepEqual(checked.problem.devices.map(({ name }) => name), ["laptop"]);
  return checked.refusals.map(({ reason }) => reason).join("; ");
}

test("a device that reports nonsense is left out with the reason, and planned around", () => {
  assert.match(refusalsWith({ usableBytes: -5 }), /phone reports -5 usable bytes: it gets no blocks/);
  assert.match(refusalsWith({ usableBytes: NaN }), /reports NaN usable bytes/);
  assert.match(refusalsWith({ usableBytes: 1e300 }), /reports 1e\+300 usable bytes/);
  assert.match(refusalsWith({ decodeMilliseconds: [1] }), /times of 1 blocks; the model has 12/);
  assert.match(refusalsWith({ decodeMilliseconds: Array(12).fill(-1) }), /decode time of -1 ms/);
  assert.match(refusalsWith({ prefillMillisecondsPerToken: Array(12).fill(Infinity) }), /prefill time of Infinity ms/);
  assert.match(refusalsWith({ device: "laptop" }), /is there twice/);
});

test("links of no bandwidth or absurd round trips are not used", () => {
  const problem = home([good, device("phone", 2000, 2)]);
  for (
    const bad of [{ bytesPerSecond: 0 }, { bytesPerSecond: NaN }, { roundTripMilliseconds: -1 }, {
      roundTripMilliseconds: 1e9,
    }]
  ) {
    const checked = validate({ ...problem, links: problem.links.map((link) => ({ ...link, ...bad })) });
    assert.ok(checked.type === "sound");
    assert.equal(checked.problem.links.length, 0);
    assert.equal(checked.refusals.length, 2);
  }
});

test("a source that reports nonsense still takes prompts, and no blocks", async () => {
  const problem = { ...home([good, { ...device("phone", 2000, 0.1), usableBytes: NaN }]), source: "phone" };
  const outcome = await plan(problem);
  assert.ok(outcome.type === "placed");
  assert.deepEqual(outcome.segments.map(({ device }) => device), ["laptop"]);
  assert.equal(outcome.refusals.length, 1);
});

test("a model, shape or policy that makes no sense is refused with the reason", async () => {
  const problem = home([good]);
  const reasons: readonly (readonly [Partial<Problem>, RegExp])[] = [
    [{ blocks: [] }, /no blocks/],
    [{ shape: { ...problem.shape, context: 0 } }, /context must be a whole number from 1 to \d+, not 0/],
    [{ shape: { ...problem.shape, concurrency: 1.5 } }, /concurrency must be/],
    [{ source: "tablet" }, /source "tablet" is not among the devices/],
    [{ policy: { privateLayers: -1 } }, /private layers must be a whole number, not -1/],
    [{ policy: { pins: [{ device: "laptop", first: 3, last: 99 }] } }, /blocks 3 to 99; the model has blocks 0 to 11/],
    [{ objective: "joy" as Problem["objective"] }, /objective must be/],
  ];
  for (const [broken, reason] of reasons) {
    const outcome = await plan({ ...problem, ...broken });
    assert.match(outcome.type === "infeasible" ? outcome.reason : "", reason);
  }
});

test("no numbers make a solver throw or wait", async () => {
  const nasty = fc.constantFrom(0, -1, 1, 1e-300, 1e300, NaN, Infinity, -Infinity, 100, 2 ** 53);
  await fc.assert(
    fc.asyncProperty(fc.array(nasty, { minLength: 12, maxLength: 12 }), async (numbers) => {
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0] = numbers;
      const base = home([good, { ...device("phone", 1000, 1), usableBytes: a, decodeMilliseconds: numbers }]);
      const problem: Problem = {
        ...base,
        links: base.links.map((link) => ({ ...link, roundTripMilliseconds: b, bytesPerSecond: c })),
        shape: { promptTokens: d, outputTokens: e, context: f, concurrency: g },
      };
      for (const solve of Object.values(solvers)) {
        for (const objective of ["latency", "throughput"] as const) await solve({ ...problem, objective });
      }
    }),
    { numRuns: 100 },
  );
});
