/** From reports to a problem: what is measured, what is in force, what is kept for others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Offer } from "../../actors/leader/knowledge.ts";
import { capacityOf, problemOf, questionOf } from "../../actors/leader/planning.ts";
import type { ServingPolicy } from "../../actors/leader/policy.ts";
import type { DeviceReport, LinkReport } from "../../actors/leader/protocol.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import type { Manifest } from "../../models/manifest.ts";
import { solveExact } from "../../plans/exact.ts";
import { predict, type Run } from "../../plans/mod.ts";

const BLOCK_BYTES = 100e6;

const policy: ServingPolicy = {
  objective: "latency",
  privateLayers: 0,
  privateHead: false,
  only: [],
  exclude: [],
  trusted: [],
  context: 128,
  concurrency: 1,
};

const manifest = {
  id: "a".repeat(64),
  name: "model",
  architecture: { width: 1024, context: 256 },
  blocks: Array.from({ length: 8 }, (_, index) => ({
    index,
    kind: index === 0 ? "embed" : index === 7 ? "head" : "layer",
    memoryBytes: BLOCK_BYTES,
    multiplyAddsPerToken: 1e6,
    kvBytesPerToken: 0,
  })),
} as unknown as Manifest;

const offer = (holders: readonly string[] = [], more: Partial<ServingPolicy> = {}): Offer => {
  return { manifest, policy: { ...policy, ...more }, holders: new Set(holders) };
};

/** A device of that many blocks, which takes `nanoseconds` a byte, with links from all others. */
function report(device: string, blocks: number, nanoseconds: number, bytesPerSecond = 1e8): DeviceReport {
  const others = ["a", "b", "c"].filter((other) => other !== device);
  const links: LinkReport[] = others.map((from) => ({ from, roundTripMilliseconds: 1, bytesPerSecond }));
  return {
    device,
    name: device,
    usableBytes: blocks * BLOCK_BYTES,
    totalBytes: 1e10,
    spareDiskBytes: 0,
    rates: { decodeNanosecondsPerByte: nanoseconds, prefillNanosecondsPerMultiplyAdd: 0 },
    work: [],
    peers: others,
    links,
    slowdown: 1,
    sensors: { cores: 1, load: 0 },
  };
}

function planOf(...segments: readonly Run[]): ActivePlan {
  return {
    number: { term: 1, epoch: 1 },
    model: { id: manifest.id, name: "model", blocks: 8 },
    planner: "solver",
    context: 128,
    concurrency: 1,
    segments: segments.map((run) => ({
      ...run,
      name: run.device,
      bytes: 0,
      ref: { device: run.device, path: "/executor", incarnation: "1", channel: "tensors" },
    })),
  };
}

const inForce = planOf({ device: "a", first: 0, last: 3 }, { device: "c", first: 4, last: 7 });
const alike = [report("a", 4, 0.01), report("b", 4, 0.01), report("c", 4, 0.01)];

test("of plans that are as good, the one in force is kept; without one another is taken", () => {
  const free = solveExact(problemOf(offer(), alike));
  const kept = solveExact(problemOf(offer(), alike, { inForce }));
  assert.ok(free.type === "placed" && kept.type === "placed");
  assert.deepEqual(free.segments.map(({ device }) => device), ["a", "b"]);
  assert.deepEqual(kept.segments.map(({ device }) => device), ["a", "c"]);
  assert.equal(kept.prediction.movedBytes, 0);
});

test("segments stay where a move gains little, and move where it gains much", () => {
  const devices = (gain: number) => [report("a", 4, 0.01), report("b", 4, 0.01 / gain), report("c", 4, 0.01)];
  const used = (gain: number) => {
    const outcome = solveExact(problemOf(offer(), devices(gain), { inForce }));
    return outcome.type === "placed" ? outcome.segments.map(({ device }) => device).sort() : [];
  };
  assert.deepEqual(used(1.005), ["a", "c"]);
  assert.ok(used(1.5).includes("b"));
});

test("the price of moving is what fetching takes over the measured links, shared by a thousand requests", () => {
  const { current } = problemOf(offer(), [report("a", 4, 1, 1e7), report("b", 4, 1, 2e7), report("c", 4, 1, 4e7)], {
    inForce,
  });
  assert.deepEqual(current?.devices, ["a", "a", "a", "a", "c", "c", "c", "c"]);
  assert.equal(current?.millisecondsPerByte, 1000 / 2e7 / 1000);
  const unmeasured = problemOf(offer(), alike.map((each) => ({ ...each, links: [] })), { inForce });
  assert.equal(unmeasured.current?.millisecondsPerByte, 1000 / 10e6 / 1000);
});

test("who has the model on disk fetches nothing; a plan of another model moves nothing", () => {
  const moved = planOf({ device: "c", first: 0, last: 7 });
  const runs = [{ device: "a", first: 0, last: 3 }, { device: "b", first: 4, last: 7 }];
  const bytes = (holders: readonly string[]) => {
    const predicted = predict(problemOf(offer(holders), alike, { inForce: moved }), runs);
    return predicted.type === "possible" ? predicted.prediction.movedBytes : undefined;
  };
  assert.deepEqual([bytes([]), bytes(["b"])], [8 * BLOCK_BYTES, 4 * BLOCK_BYTES]);
  const other: ActivePlan = { ...inForce, model: { ...inForce.model, id: "b".repeat(64) } };
  assert.equal(problemOf(offer(), alike, { inForce: other }).current, undefined);
});

test("what is on a disk is not fetched, and where a plan is broken a copy counts for more than a faster device", () => {
  const broken = planOf({ device: "gone", first: 0, last: 7 });
  const all = new Set(manifest.blocks.map(({ index }) => index));
  const onDisk = (device: string) => device === "b" ? all : new Set<number>();
  const devices = [report("b", 8, 0.01), report("c", 8, 0.008)];
  const used = (around: Parameters<typeof problemOf>[2]) => {
    const outcome = solveExact(problemOf(offer(), devices, around));
    return outcome.type === "placed" ? outcome.segments.map(({ device }) => device).join() : "";
  };
  assert.equal(used({ broken, onDisk }), "b");
  assert.equal(used({ onDisk }), "c", "nobody waits: no plan has been there");
  assert.equal(used({ inForce: planOf({ device: "b", first: 0, last: 7 }), onDisk }), "c", "nobody waits: one works");
});

test("bytes that are kept for another model are not planned with", () => {
  const reserved = (device: string) => device === "a" ? 3 * BLOCK_BYTES : device === "b" ? 1e12 : 0;
  const usable = [BLOCK_BYTES, 0, 4 * BLOCK_BYTES];
  assert.deepEqual(problemOf(offer(), alike, { reserved }).devices.map(({ usableBytes }) => usableBytes), usable);
  const { devices } = capacityOf(manifest, alike, { context: 1, concurrency: 1 }, reserved);
  assert.deepEqual(devices.map(({ usableBytes }) => usableBytes), usable);
});

test("the policy says who places, and what is in force is predicted too", () => {
  const question = questionOf(offer([], { solver: "linear" }), alike, { inForce });
  assert.equal(question.solver, "linear");
  assert.deepEqual(question.current, [{ device: "a", first: 0, last: 3 }, { device: "c", first: 4, last: 7 }]);
  assert.deepEqual(Object.keys(questionOf(offer(), alike)), ["problem"]);
});
