import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyChanges, type Change, parseBytes, parseChange, type Problem, validate } from "../../plans/mod.ts";
import { device, home } from "./home.ts";

const problem = home([device("laptop", 700, 1), device("old-desktop", 700, 2)]);

function parsed(text: string): Change {
  const result = parseChange(text);
  assert.ok(result.type === "change", result.type === "invalid" ? result.reason : "");
  return result.change;
}

function changed(...texts: readonly string[]): Problem {
  const result = applyChanges(problem, texts.map(parsed));
  assert.ok(result.type === "changed", result.type === "invalid" ? result.reason : "");
  assert.equal(validate(result.problem).type, "sound");
  return result.problem;
}

function reasonOf(text: string): string {
  const result = parseChange(text);
  if (result.type === "invalid") return result.reason;
  const applied = applyChanges(problem, [result.change]);
  return applied.type === "invalid" ? applied.reason : "";
}

test("a device is added with its memory, at a fraction of the median device's speed, linked to all", () => {
  const { devices, links } = changed("+device:memory=4GiB,speed=0.5");
  assert.equal(devices.length, 3);
  assert.equal(devices[2]?.usableBytes, 4 * 2 ** 30);
  assert.equal(devices[2]?.decodeMilliseconds[3], 2);
  assert.equal(links.filter(({ from, to }) => from === "new-1" || to === "new-1").length, 4);
});

test("a device may be said to be like another, with its own links", () => {
  const { devices, links } = changed(
    "+device:memory=1GB,speed=2,like=old-desktop,name=tower,rtt=0.4ms,bandwidth=1Gbps",
  );
  assert.equal(devices[2]?.decodeMilliseconds[3], 1);
  const link = links.find(({ from, to }) => from === "tower" && to === "laptop");
  assert.deepEqual([link?.roundTripMilliseconds, link?.bytesPerSecond], [0.4, 125e6]);
});

test("a device is taken away with its links, and prompts that entered there enter elsewhere", () => {
  const applied = applyChanges({ ...problem, source: "laptop" }, [parsed("-device:laptop")]);
  assert.ok(applied.type === "changed");
  assert.deepEqual(applied.problem.devices.map(({ name }) => name), ["old-desktop"]);
  assert.deepEqual([applied.problem.links.length, applied.problem.source], [0, undefined]);
});

test("another solver may be asked, by a name that is known", () => {
  const applied = applyChanges(problem, ["context=20", "solver=linear", "concurrency=2"].map(parsed));
  assert.ok(applied.type === "changed");
  assert.deepEqual([applied.solver, applied.problem.shape.context, applied.problem.shape.concurrency], [
    "linear",
    20,
    2,
  ]);
  assert.match(reasonOf("solver=oracle"), /"oracle" is no solver: write one of exact, linear, dynamic/);
});

test("sizes are read as people write them, and nothing else is", () => {
  const sizes = {
    "1024": 1024,
    "2G": 2e9,
    "2Gi": 2 ** 31,
    "2gib": 2 ** 31,
    "300 MB": 3e8,
    "1.5k": 1500,
    "10B": 10,
    "1TiB": 2 ** 40,
  };
  for (const [text, bytes] of Object.entries(sizes)) assert.equal(parseBytes(text), bytes, text);
  for (const text of ["", "G", "-1", "1e3", "2 Gb/s", "2GiBi", "1,5G", "constructor"]) {
    assert.equal(parseBytes(text), undefined, text);
  }
});

test("a link changes both ways, one way, or goes; names may hold hyphens", () => {
  const both = changed("link:laptop-old-desktop=50Mbps,5ms").links;
  assert.ok(both.every((link) => link.bytesPerSecond === 6.25e6 && link.roundTripMilliseconds === 5));
  const one = changed("link:old-desktop>laptop=5ms").links;
  assert.deepEqual(one.map(({ roundTripMilliseconds }) => roundTripMilliseconds).sort(), [2, 5]);
  assert.equal(changed("link:laptop-old-desktop=none").links.length, 0);
});

test("objective, shape and policy change by name", () => {
  const { objective, shape, policy } = changed(
    "objective=throughput",
    "concurrency=4",
    "context=64",
    "private-layers=2",
  );
  assert.deepEqual([objective, shape.concurrency, shape.context, policy?.privateLayers], ["throughput", 4, 64, 2]);
});

test("another model's times follow from its bytes", () => {
  const blocks = problem.blocks.map((block) => ({ ...block, weightBytes: 2 * block.weightBytes }));
  const applied = applyChanges(problem, [parsed("model=other.gguf")], { blocksOf: () => blocks });
  assert.ok(applied.type === "changed");
  assert.equal(applied.problem.devices[1]?.decodeMilliseconds[5], 4);
});

test("what cannot be read or applied says so, and how to write it", () => {
  for (
    const [text, reason] of [
      ["+device:speed=2", /needs its memory/],
      ["+device:memory=4GiB,speed=-1", /number above 0, not "-1"/],
      ["+device:memory=4GiB,colour=red", /says nothing of a device/],
      ["-device:", /names no device/],
      ["-device:tablet", /No device is called "tablet"; the mesh has laptop, old-desktop/],
      ["link:laptop-tablet=5ms", /does not name two devices/],
      ["link:laptop-old-desktop=fast", /neither a bandwidth/],
      ["link:laptop-old-desktop=0Mbps", /write link:laptop-old-desktop=none/],
      ["objective=joy", /no objective/],
      ["context=-5", /whole number, not "-5"/],
      ["model=x.gguf", /not known here/],
      ["constructor=3", /no change that is known/],
      ["nonsense", /no change that is known. Examples/],
    ] as const
  ) assert.match(reasonOf(text), reason);
});

test("no text makes the parser throw", () => {
  fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => {
    for (const prefix of ["", "+device:", "-device:", "link:", "objective="]) {
      const result = parseChange(prefix + text);
      if (result.type === "change") applyChanges(problem, [result.change]);
    }
  }));
});

test("a split says how many blocks each device holds: all of them, on devices that there are", () => {
  const { length } = problem.blocks;
  assert.deepEqual(
    changed(`split:old-desktop=2,laptop=${length - 2}`).policy?.pins?.map(({ first, last }) => [first, last]),
    [
      [0, 1],
      [2, length - 1],
    ],
  );
  assert.match(reasonOf("split:laptop=1"), new RegExp(`has 1 blocks; the model has ${length}`));
  assert.match(reasonOf("split:phone=3"), /No device is called "phone"/);
  assert.match(reasonOf("split:laptop"), /is no part of a split/);
});
