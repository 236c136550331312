import assert from "node:assert/strict";
import { test } from "node:test";
import { explain, plan, type Planned, type Problem, shortageOf } from "../../plans/mod.ts";
import { solveExact } from "../../plans/exact.ts";
import { device, home, links } from "./home.ts";

function placed(problem: Problem): Planned {
  const outcome = solveExact(problem);
  assert.ok(outcome.type === "placed", outcome.type === "placed" ? "" : outcome.reason);
  return outcome;
}

test("a fast device that is too small is named with what is missing", () => {
  const problem = home([device("laptop", 1000, 1), device("desktop", 1000, 2)]);
  const { verdict, binding } = explain(problem, placed(problem));
  assert.match(verdict, /^laptop alone would be [\d.]+ × faster; it does not fit by 300 B\.$/);
  assert.ok(binding.some(({ what, factor }) => what === "memory" && factor > 1));
});

test("a device that would slow the mesh down is left out, with how much slower it would be", () => {
  const problem = home([device("laptop", 2000, 1), device("phone", 2000, 20)]);
  const outcome = placed(problem);
  assert.deepEqual(outcome.segments.map(({ device }) => device), ["laptop"]);
  const { verdict, leftOut } = explain(problem, outcome);
  assert.match(
    verdict,
    /^laptop runs the model alone: splitting it would not be faster\. Adding phone makes it [\d.]+ × slower: left out\.$/,
  );
  assert.equal(leftOut[0]?.device, "phone");
});

test("alternatives are plans that could be, the best first", () => {
  const problem = home([device("laptop", 1000, 1), device("desktop", 1500, 2), device("phone", 900, 9)]);
  const { alternatives } = explain(problem, placed(problem));
  assert.ok(alternatives.some(({ what }) => what === "desktop alone"));
  assert.ok(alternatives.every(({ factor }, index) => factor >= (alternatives[index - 1]?.factor ?? 1)));
});

test("a model that does not fit says what is short, and remedies that do make it fit", async () => {
  const problem = home([device("laptop", 600, 1), device("desktop", 500, 2)]);
  const outcome = await plan(problem);
  assert.equal(outcome.type, "infeasible");
  assert.match(
    outcome.type === "infeasible" ? outcome.reason : "",
    /needs 1.3 KiB .* 2 devices offer 1.1 KiB: 200 B short/,
  );
  const { resource, shortBytes, remedies } = shortageOf(problem);
  assert.deepEqual([resource, shortBytes], ["memory", 200]);
  assert.ok(remedies.some((remedy) => /more memory on laptop/.test(remedy)));
  assert.ok(remedies.some((remedy) => /Another trusted device/.test(remedy)));
});

test("caches that are too large are cured by a smaller context, fewer requests at once or fewer tokens in all", () => {
  const base = home([device("laptop", 1500, 1)]);
  const { remedies } = shortageOf({ ...base, shape: { ...base.shape, context: 30, concurrency: 2 } });
  assert.ok(remedies.includes("A context of 15 in place of 30."), remedies.join(" "));
  assert.ok(remedies.includes("1 at once in place of 2."), remedies.join(" "));
  assert.ok(remedies.includes("Caches of 30 tokens in all (--cache-tokens) in place of 60."), remedies.join(" "));
});

test("devices that cannot reach each other, or may not hold what is private, are named as the reason", () => {
  const devices = [device("laptop", 700, 1), device("desktop", 700, 2)];
  assert.equal(shortageOf({ ...home(devices), links: [] }).resource, "links");
  const untrusted = devices.map((each) => ({ ...each, trusted: false }));
  const shortage = shortageOf({ ...home(untrusted), links: links(devices), policy: { privateLayers: 1 } });
  assert.equal(shortage.resource, "policy");
  assert.match(shortage.reason, /private, and no device that takes part is trusted/);
});
