/** What a slot no longer needs goes back to the system. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { openKernels } from "../../models/compute/ort/kernels.ts";

test("memory that is discarded counts as used no more, and can be written again", {
  skip: process.platform !== "linux",
}, () => {
  const kernels = openKernels({ threads: 1, spin: false });
  const array = new Float32Array(32 * 1024 * 1024);
  const before = process.memoryUsage().rss;
  array.fill(1);
  const written = process.memoryUsage().rss;
  assert.ok(written - before > 100e6, "it was not there before it was touched");
  kernels.discard(array.subarray(16));
  assert.ok(process.memoryUsage().rss < written - 100e6);
  assert.equal(array[0], 1, "what lies before is as it was");
  array.fill(2);
  assert.equal(array.at(-1), 2);
  kernels.close();
});
