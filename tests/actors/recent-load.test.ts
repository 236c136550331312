import assert from "node:assert/strict";
import { test } from "node:test";
import { expectedLoad } from "../../actors/leader/planning.ts";
import { RecentLoad } from "../../actors/leader/recent-load.ts";
import type { ServingPolicy } from "../../actors/leader/policy.ts";

test("the peak of ten minutes counts, and the lower one after it once that is over", () => {
  const load = new RecentLoad();
  assert.equal(load.peak, 0);
  load.add(3, 1000);
  load.add(7, 2000);
  load.add(2, 300_000);
  load.add(1, 400_000);
  assert.equal(load.peak, 7);
  load.add(1, 700_000);
  assert.equal(load.peak, 2);
  load.add(1, 2_000_000);
  assert.equal(load.peak, 1);
});

test("throughput is planned for what was there as a power of two, a few before that, and never for more than may be", () => {
  const policy = (concurrency: number): ServingPolicy => ({
    ...{ objective: "throughput", privateLayers: 0, privateHead: false, only: [], exclude: [], trusted: [] },
    ...{ context: 128, concurrency },
  });
  assert.deepEqual([0, 1, 4, 5, 9, 40].map((peak) => expectedLoad(policy(16), peak)), [4, 4, 4, 8, 16, 16]);
  assert.equal(expectedLoad(policy(1)), 1);
});
