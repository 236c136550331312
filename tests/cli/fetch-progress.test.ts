import assert from "node:assert/strict";
import { test } from "node:test";
import { FetchProgress } from "../../cli/fetch-progress.ts";

test("a fetch tells how far it is, its rate of late, and the time that is left", () => {
  const progress = new FetchProgress();
  const MiB = 2 ** 20;
  assert.equal(progress.describe(0, 100 * MiB, 0), "0 B of 100 MiB");
  assert.equal(progress.describe(10 * MiB, 100 * MiB, 1000), "10.0 MiB of 100 MiB, 10.0 MiB/s, 9 s left");
  for (let second = 2; second <= 10; second++) progress.describe(10 * MiB, 100 * MiB, 1000 * second);
  assert.equal(progress.describe(10 * MiB, 100 * MiB, 11_000), "10.0 MiB of 100 MiB", "nothing has come for a while");
  assert.match(progress.describe(11 * MiB, undefined, 12_000), /^11\.0 MiB, \d/);
  assert.equal(progress.describe(100 * MiB, 100 * MiB, 13_000).includes("left"), false);
});
