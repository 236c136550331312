import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { copiesOnDisk, type CopiesOptions, mayHold, type Problem, type Run } from "../../plans/mod.ts";
import { device, home, links } from "./home.ts";

const SIZES = Array.from({ length: 12 }, () => 100);
const NOTHING: ReadonlySet<number> = new Set();

const one = [{ device: "laptop", first: 0, last: 11 }];
const two = [{ device: "laptop", first: 0, last: 5 }, { device: "desktop", first: 6, last: 11 }];

function copies(problem: Problem, segments: readonly Run[], more: Partial<CopiesOptions> = {}): string[] {
  const options = { diskBytes: SIZES, held: () => NOTHING, spareDiskBytes: () => Infinity, ...more };
  return copiesOnDisk(problem, segments, options).map(({ device, owner, first, last }) =>
    `${device} ${first}-${last} of ${owner}`
  );
}

const plenty = { spareDiskBytes: () => 1e6 };
const mesh = home([device("laptop", 2000, 1), device("desktop", 2000, 2), device("phone", 900, 9)]);

test("a plan on one device has its copy where another could run all of it", () => {
  assert.deepEqual(copies(mesh, one, plenty), ["desktop 0-11 of laptop"]);
});

test("what is on a second disk already is not copied, whoever has it", () => {
  const held = (device: string) => device === "phone" ? new Set([0, 1, 2, 3, 4, 5]) : NOTHING;
  assert.deepEqual(copies(mesh, one, { ...plenty, held }), ["phone 6-11 of laptop"]);
  assert.deepEqual(copies(mesh, two, { ...plenty, held }), ["laptop 6-11 of desktop"]);
});

test("devices of the plan cover each other; who is likely to leave, or far away, comes last", () => {
  assert.deepEqual(copies(mesh, two, plenty).sort(), ["desktop 0-5 of laptop", "laptop 6-11 of desktop"]);
  const risk = (device: string) => device === "desktop" ? 3 : 1;
  const roomy = home([device("laptop", 2000, 1), device("desktop", 2000, 2), device("phone", 2000, 9)]);
  assert.deepEqual(copies(roomy, one, { ...plenty, risk }), ["phone 0-11 of laptop"]);
  const far = {
    ...roomy,
    links: [...links(roomy.devices.slice(1)), ...links([roomy.devices[0], roomy.devices[2]] as never)],
  };
  assert.deepEqual(copies(far, one, plenty), ["phone 0-11 of laptop"]);
});

test("a full disk takes nothing, and a block that nobody in reach has cannot be copied", () => {
  assert.deepEqual(copies(mesh, one, { spareDiskBytes: () => 0 }), []);
  assert.deepEqual(copies(mesh, one, { spareDiskBytes: (device) => device === "phone" ? 250 : NaN }), [
    "phone 0-1 of laptop",
  ]);
  assert.deepEqual(copies(mesh, [], plenty), []);
});

test("private blocks are copied to trusted devices only, and none to a device that is kept out", () => {
  const [laptop, desktop, phone] = mesh.devices as [
    Problem["devices"][0],
    Problem["devices"][0],
    Problem["devices"][0],
  ];
  const problem = {
    ...mesh,
    devices: [laptop, { ...desktop, trusted: false }, { ...phone, allowed: false }],
    policy: { privateLayers: 1 },
  };
  assert.deepEqual(copies(problem, one, plenty), ["desktop 2-11 of laptop"]);
});

/** A mesh of devices with any blocks on their disks and little room, and a plan over some of them. */
const anyMesh = fc.record({
  devices: fc.integer({ min: 1, max: 5 }),
  even: fc.boolean(),
  sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 12, maxLength: 12 }),
  rooms: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 5, maxLength: 5 }),
  held: fc.array(fc.array(fc.nat(11), { maxLength: 6 }), { minLength: 5, maxLength: 5 }),
  allowed: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  cuts: fc.array(fc.integer({ min: 1, max: 11 }), { maxLength: 4 }),
}).map(({ devices, even, sizes, rooms, held, allowed, cuts }) => {
  const ids = Array.from({ length: devices }, (_, index) => `d${index}`);
  const problem = home(
    ids.map((id, index) => ({ ...device(id, 1000, 1), allowed: index === 0 || allowed[index] === true })),
  );
  const ends = [...new Set(cuts)].sort((a, b) => a - b).slice(0, devices - 1);
  const segments = [0, ...ends].map((first, index) => ({ device: `d${index}`, first, last: (ends[index] ?? 12) - 1 }));
  return {
    problem,
    segments,
    options: {
      diskBytes: even ? sizes.map(() => 5) : sizes,
      held: (id: string) => new Set(held[Number(id.slice(1))]),
      spareDiskBytes: (id: string) => rooms[Number(id.slice(1))] ?? 0,
    },
  };
});

test("every block is on two disks wherever there is room; rooms and policy are kept, and nothing is copied twice", () => {
  fc.assert(
    fc.property(anyMesh, ({ problem, segments, options }) => {
      const { diskBytes, held, spareDiskBytes } = options;
      const found = copiesOnDisk(problem, segments, options);
      const has = new Map(problem.devices.map(({ device }) => [device, new Set(held(device))]));
      for (const { device, first, last } of segments) for (let at = first; at <= last; at++) has.get(device)?.add(at);
      const room = new Map(problem.devices.map(({ device }) => [device, spareDiskBytes(device)]));
      const before = (block: number) => [...has.values()].filter((blocks) => blocks.has(block)).length;
      const had = SIZES.map((_, block) => before(block));
      for (const { device, first, last, bytes } of found) {
        const size = diskBytes.slice(first, last + 1).reduce((sum, one) => sum + one, 0);
        assert.equal(bytes, size);
        room.set(device, (room.get(device) ?? 0) - size);
        for (let block = first; block <= last; block++) {
          assert.ok(mayHold(problem, problem.devices.findIndex((one) => one.device === device), block));
          assert.ok(!has.get(device)?.has(block), "a block goes to a disk that has it");
          has.get(device)?.add(block);
        }
      }
      for (const left of room.values()) assert.ok(left >= 0, "a disk is overfull");
      for (const block of SIZES.keys()) {
        const now = before(block);
        assert.ok(now <= Math.max(2, had[block] ?? 0), "more is copied than is wanting");
        if (now !== 1) continue;
        const roomy = problem.devices.filter(({ device }, index) =>
          mayHold(problem, index, block) && has.get(device)?.has(block) !== true &&
          (room.get(device) ?? 0) >= (diskBytes[block] ?? 0)
        );
        assert.deepEqual(roomy, [], `block ${block} is on one disk`);
      }
    }),
    { numRuns: 500 },
  );
});

/** The most blocks that can have a second copy where all are of one size: a matching, tried one after another. */
function mostCopied(
  single: readonly number[],
  able: (block: number) => readonly string[],
  places: Map<string, number>,
): number {
  const takers = new Map<string, number[]>();
  const place = (block: number, seen: Set<string>): boolean =>
    able(block).some((device) => {
      if (seen.has(device)) return false;
      seen.add(device);
      const taken = takers.get(device) ?? [];
      takers.set(device, taken);
      if (taken.length < (places.get(device) ?? 0)) return taken.push(block) > 0;
      return taken.some((other, at) => place(other, seen) && ((taken[at] = block), true));
    });
  return single.filter((block) => place(block, new Set())).length;
}

test("where all blocks are of one size, as many get a second copy as can", () => {
  fc.assert(
    fc.property(anyMesh, ({ problem, segments, options }) => {
      const even = { ...options, diskBytes: SIZES.map(() => 5) };
      const runs = (device: string, block: number) =>
        segments.some((run) => run.device === device && run.first <= block && block <= run.last);
      const has = (device: string, block: number) => options.held(device).has(block) || runs(device, block);
      const single = [...SIZES.keys()].filter((block) => {
        return problem.devices.filter(({ device }) => has(device, block)).length === 1;
      });
      const able = (block: number) =>
        problem.devices.filter(({ device }, index) => !has(device, block) && mayHold(problem, index, block))
          .map(({ device }) => device);
      const places = new Map(
        problem.devices.map(({ device }) => [device, Math.floor(options.spareDiskBytes(device) / 5)]),
      );
      const copied = copiesOnDisk(problem, segments, even).reduce((sum, { first, last }) => sum + last - first + 1, 0);
      assert.equal(copied, mostCopied(single, able, places));
    }),
    { numRuns: 500 },
  );
});
