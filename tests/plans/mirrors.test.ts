import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { solveExact } from "../../plans/exact.ts";
import { LINK_SHARE, type MirroredRun, nextMirror } from "../../plans/mirrors.ts";
import { mirrorShare, WORTH_MIRRORS } from "../../plans/mirror-cost.ts";
import { mayHold } from "../../plans/policy.ts";
import { device, home } from "./home.ts";
import { anyProblem } from "./random-problem.ts";

const halves = [{ device: "laptop", first: 0, last: 5 }, { device: "desktop", first: 6, last: 11 }];

test("a segment is mirrored where there is memory for it, on a device that has its blocks if there is one", () => {
  const tight = home([device("laptop", 1200, 1), device("desktop", 1400, 1), device("board", 700, 1)]);
  const mirror = nextMirror(tight, halves, { tokensPerSecond: 0 });
  assert.deepEqual([mirror?.owner, mirror?.device, mirror?.bytes], ["laptop", "desktop", 650]);
  const stored = nextMirror(tight, halves, { tokensPerSecond: 0, holds: (device) => device === "board" });
  assert.equal(stored?.device, "board");
  const barred = nextMirror(tight, halves, { tokensPerSecond: 0, barred: (device) => device === "desktop" });
  assert.equal(barred?.device, "board");
  const none = home([device("laptop", 700, 1), device("desktop", 700, 1)]);
  assert.equal(nextMirror(none, halves, { tokensPerSecond: 0 }), undefined);
});

test("mirrors that are found one after another never exceed memory, break the policy, or stand beside their segment", () => {
  let found = 0;
  fc.assert(fc.property(anyProblem("latency"), fc.nat(1000), (problem, tokensPerSecond) => {
    const outcome = solveExact(problem);
    if (outcome.type !== "placed") return;
    let runs: MirroredRun[] = outcome.segments.map(({ device, first, last }) => ({ device, first, last }));
    const bytes = new Map(outcome.segments.map((segment) => [segment.device, segment.bytes]));
    for (let turn = 0; turn <= runs.length; turn++) {
      const mirror = nextMirror(problem, runs, { tokensPerSecond });
      if (mirror === undefined) break;
      found++;
      assert.ok(turn < outcome.segments.length, "one a segment");
      assert.notEqual(mirror.device, mirror.owner);
      const index = problem.devices.findIndex(({ device }) => device === mirror.device);
      for (let block = mirror.first; block <= mirror.last; block++) assert.ok(mayHold(problem, index, block));
      bytes.set(mirror.device, (bytes.get(mirror.device) ?? 0) + mirror.bytes);
      assert.ok((bytes.get(mirror.device) ?? 0) <= (problem.devices[index]?.usableBytes ?? 0));
      const link = problem.links.find(({ from, to }) => from === mirror.owner && to === mirror.device);
      const kv = problem.blocks.slice(mirror.first, mirror.last + 1).reduce(
        (sum, each) => sum + each.kvBytesPerToken,
        0,
      );
      assert.ok(link !== undefined && kv * tokensPerSecond <= LINK_SHARE * link.bytesPerSecond);
      runs = runs.map((run) => run.first === mirror.first ? { ...run, mirror: mirror.device } : run);
    }
  }));
  assert.ok(found > 0);
});

test("mirrors of a model whose tokens take long cost next to nothing, those of a small one more than they are worth", () => {
  const pieces = { bytes: 256 * 1024, positions: 16, milliseconds: 500 };
  const small = home([device("laptop", 2000, 1), device("desktop", 2000, 1)]);
  const share = (milliseconds: number) => mirrorShare(small, halves, milliseconds, pieces);
  assert.ok(share(2) > WORTH_MIRRORS && share(40) < WORTH_MIRRORS, `${share(2)} and ${share(40)}`);
  // Of tokens that come slowly few make a piece, but there are few pieces then.
  assert.ok(share(600) < 0.01);
  const wide = { ...small, blocks: small.blocks.map((block) => ({ ...block, kvBytesPerToken: 200_000 })) };
  assert.ok(mirrorShare(wide, halves, 40, pieces) > share(40), "one position is a piece already");
  assert.equal(share(0), 0, "nothing is known of its time");
});
