/** Random problems for property tests: few enough blocks and devices that every plan can be tried. */
import fc from "fast-check";
import type { Block, CurrentPlan, Device, Link, Objective, Problem } from "../../plans/problem.ts";

/** Up to 9 blocks on up to 4 devices: memory tight or loose, links asymmetric, some missing, some policy. */
export function anyProblem(objective: Objective): fc.Arbitrary<Problem> {
  return fc.record({
    blocks: fc.integer({ min: 1, max: 9 }),
    devices: fc.integer({ min: 1, max: 4 }),
    tight: fc.boolean(),
    twins: fc.boolean(),
    varied: fc.boolean(),
    seed: fc.integer(),
    missing: fc.constantFrom(0, 0, 0.1, 0.3),
    concurrency: fc.constantFrom(1, 2, 5, 1000),
    load: fc.constantFrom(undefined, 1, 3, 8),
    shared: fc.constantFrom("nowhere", "everywhere", "somewhere"),
    privateLayers: fc.constantFrom(0, 0, 0, 1, 2),
    privateHead: fc.boolean(),
    source: fc.boolean(),
    pinned: fc.boolean(),
    stay: fc.boolean(),
  }).map(({ seed, ...shape }) => problemFrom({ ...shape, numbers: numbersFrom(seed) }, objective));
}

/** Evenly spread numbers from 0.01 to 50 (mulberry32): fast-check's own doubles crowd at the ends of their range. */
function numbersFrom(seed: number): { next(): number } {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return 0.01 + 49.99 * ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

function problemFrom(
  shape: {
    readonly blocks: number;
    readonly devices: number;
    readonly tight: boolean;
    readonly twins: boolean;
    readonly varied: boolean;
    readonly numbers: { next(): number };
    readonly missing: number;
    readonly concurrency: number;
    readonly load: number | undefined;
    readonly shared: "nowhere" | "everywhere" | "somewhere";
    readonly privateLayers: number;
    readonly privateHead: boolean;
    readonly source: boolean;
    readonly pinned: boolean;
    readonly stay: boolean;
  },
  objective: Objective,
): Problem {
  const { next } = shape.numbers;
  const ids = Array.from({ length: shape.devices }, (_, index) => `d${index}`);
  const chance = () => next() / 50;
  const blocks = Array.from({ length: shape.blocks }, (_, index): Block => ({
    kind: index === 0 ? "embed" : index === shape.blocks - 1 ? "head" : "layer",
    weightBytes: Math.ceil(next()),
    kvBytesPerToken: 0,
    activationBytes: shape.varied ? Math.ceil(next()) : 16,
  }));
  const needed = blocks.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
  const devices = ids.map((device, index): Device => {
    const speed = next();
    const time = () => blocks.map(() => shape.varied ? next() : speed);
    return {
      device,
      name: device.toUpperCase(),
      usableBytes: Math.ceil(needed * (shape.tight ? 0.3 + 0.4 * chance() : 0.5 + 2 * chance())),
      prefillMillisecondsPerToken: time(),
      decodeMilliseconds: time(),
      ...(shape.shared === "everywhere" || shape.shared === "somewhere" && index === 0
        ? { stepFactors: factorsFrom(chance) }
        : {}),
      trusted: chance() < 0.8,
      allowed: index === 0 || chance() < 0.9,
    };
  });
  if (shape.twins && devices[1] !== undefined && devices[2] !== undefined) {
    devices[2] = { ...devices[1], device: "d2", name: "D2" };
  }
  const same = { roundTripMilliseconds: next(), bytesPerSecond: 1000 * next() };
  const links = ids.flatMap((from) =>
    ids.filter((to) => to !== from && chance() >= shape.missing).map((to): Link => ({
      from,
      to,
      ...(shape.twins ? same : { roundTripMilliseconds: next(), bytesPerSecond: 1000 * next() }),
    }))
  );
  const pin = { device: ids[0] ?? "", first: shape.blocks - 1, last: shape.blocks - 1 };
  return {
    blocks,
    devices,
    links,
    objective,
    shape: {
      promptTokens: 3,
      outputTokens: 4,
      context: 10,
      concurrency: shape.concurrency,
      ...(shape.load === undefined ? {} : { load: shape.load }),
    },
    ...(shape.source ? { source: "d0" } : {}),
    policy: {
      privateLayers: shape.privateLayers,
      privateHead: shape.privateHead,
      pins: shape.pinned && chance() < 0.3 ? [pin] : [],
    },
    ...(shape.stay ? { current: inForce(blocks, ids, chance) } : {}),
  };
}

/** What steps of 1 to 16 sequences take: each twice as many, once to twice as long. */
function factorsFrom(chance: () => number): number[] {
  const factors = [1];
  for (let size = 1; size < 5; size++) factors.push((factors.at(-1) ?? 1) * (1 + chance()));
  return factors;
}

/** A plan in force: the first device's alone, or shared with the second, which stays loaded meanwhile or not. */
function inForce(blocks: readonly Block[], ids: readonly string[], chance: () => number): CurrentPlan {
  const [millisecondsPerByte, cut] = [chance(), Math.ceil(2 * chance() * blocks.length)];
  const devices = blocks.map((_, index) => (index < cut ? ids[0] : ids[1] ?? ids[0]) ?? "");
  return { devices, millisecondsPerByte, stays: chance() < 0.5 };
}
