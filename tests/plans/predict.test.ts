import assert from "node:assert/strict";
import { test } from "node:test";
import { predict, type Prediction, type Problem, type Run } from "../../plans/mod.ts";
import { device, home } from "./home.ts";

const devices = [device("laptop", 700, 1), device("desktop", 700, 2)];
const problem = home(devices);
const halves = [{ device: "laptop", first: 0, last: 5 }, { device: "desktop", first: 6, last: 11 }];

function possible(problem: Problem, runs: readonly Run[]): Prediction {
  const predicted = predict(problem, runs);
  assert.ok(predicted.type === "possible", predicted.type === "impossible" ? predicted.reason : "");
  return predicted.prediction;
}

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9 * Math.max(1, expected), `${actual} is not ${expected}`);
}

test("a step takes every stage's time, the hop and the token's way back", () => {
  const { tpotMilliseconds } = possible(problem, halves);
  // 5 layers at 1 ms, 5 and the head at 2 ms; 1 ms a way, 1000 and 4 bytes at 10 MB/s.
  close(tpotMilliseconds, 5 + 12 + (1 + 0.1) + (1 + 0.0004));
});

test("the prefill carries the whole prompt, but the head runs once", () => {
  const { ttftMilliseconds } = possible(problem, halves);
  close(ttftMilliseconds, 4 * (5 * 0.25 + 5 * 0.5) + 2 + (1 + 0.4) + (1 + 0.0004));
});

test("a request is its first token and the steps after it", () => {
  const { ttftMilliseconds, tpotMilliseconds, requestMilliseconds, objectiveMilliseconds } = possible(problem, halves);
  close(requestMilliseconds, ttftMilliseconds + 4 * tpotMilliseconds);
  close(objectiveMilliseconds, requestMilliseconds);
});

test("a prompt that enters elsewhere pays for the way there and the first token's way back", () => {
  const [plain, away] = [possible(problem, halves), possible({ ...problem, source: "desktop" }, halves)];
  close(away.ttftMilliseconds - plain.ttftMilliseconds, (1 + 0.0016) + (1 + 0.0004));
  close(away.tpotMilliseconds, plain.tpotMilliseconds);
});

test("throughput is limited by the loop with one request, by the slowest stage with many", () => {
  const one = possible({ ...problem, objective: "throughput" }, halves);
  assert.equal(one.bottleneck.kind, "loop");
  close(one.tokensPerSecond, 1000 * 5 / one.requestMilliseconds);
  const roomy = home(devices.map((each) => ({ ...each, usableBytes: 1e6 })));
  const many = possible({ ...roomy, shape: { ...roomy.shape, concurrency: 50 } }, halves);
  assert.equal(many.bottleneck.kind, "stage");
  assert.equal(many.bottleneck.name, "desktop");
  close(many.tokensPerSecond, 1000 * 5 / (4 * 2.5 + 2 + 4 * 12));
});

test("staying close to the plan in force is charged to what moves", () => {
  const current = { devices: problem.blocks.map(() => "laptop"), millisecondsPerByte: 0.01 };
  const { objectiveMilliseconds, requestMilliseconds, movedBytes } = possible({ ...problem, current }, halves);
  assert.equal(movedBytes, 600);
  close(objectiveMilliseconds, requestMilliseconds + 6);
});

test("what cannot be is refused with the reason", () => {
  const refused = (problem: Problem, runs: readonly Run[], reason: RegExp) => {
    const predicted = predict(problem, runs);
    assert.match(predicted.type === "impossible" ? predicted.reason : "", reason);
  };
  refused(problem, [{ device: "laptop", first: 0, last: 11 }], /laptop would hold 1.3 KiB; it offers 700 B/);
  refused(problem, [{ device: "laptop", first: 0, last: 5 }], /end at block 5; the model has 12/);
  refused(problem, [{ device: "tablet", first: 0, last: 11 }], /"tablet" is not among/);
  refused({ ...problem, links: [] }, halves, /No link leads from laptop to desktop/);
  const untrusted = devices.map((each) => ({ ...each, trusted: each.name === "desktop" }));
  refused({ ...problem, devices: untrusted, policy: { privateLayers: 1 } }, halves, /laptop may not hold block 0/);
});
