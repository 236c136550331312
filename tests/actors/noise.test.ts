/** Equal devices stay as they are, however what they measure varies; one that really slows down is left. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DeviceReport } from "../../actors/leader/protocol.ts";
import { Steadiness } from "../../actors/leader/steadiness.ts";
import { demands } from "../../actors/leader/when.ts";
import { manifest, policy, report, segments, stage, WAITING } from "./acting-stage.ts";
import { lognormal, random } from "./balancer/weather.ts";

const DEVICES = ["a", "b", "c"];
const HOUR = 3_600_000;
/** A layer takes a millisecond by the trials of all three. */
const TRIAL_MILLISECONDS = 1;

/** What a device reports that has run all blocks, so many times as slow as by its trial. */
function worked(device: string, factor: number): DeviceReport {
  const blocks = manifest.blocks.map(({ index }) => {
    return { index, decodeMilliseconds: factor * TRIAL_MILLISECONDS, prefillMillisecondsPerToken: factor * 0.01 };
  });
  return report(device, { overheadMilliseconds: 0.5 * factor, work: [{ model: manifest.id, blocks, batches: [] }] });
}

interface Hours {
  /** How many times as long as by its trial a block takes on the device that runs it, at so many milliseconds. */
  readonly pace: (at: number, device: string) => number;
  readonly milliseconds: number;
}

/** Lets three equal devices serve a model that fits each, whoever runs it reporting every 10 s; who ran it, in turn. */
async function runners({ pace, milliseconds }: Hours): Promise<string[]> {
  const scene = stage(DEVICES, WAITING);
  const { acting, offer, wait, solve, load, state, questions, now } = scene;
  for (const device of DEVICES) acting.reported(report(device), 0);
  offer("a", manifest, policy, true, 0);
  const runner = () => segments(state()).join().split(" ")[0] ?? "";
  const seen: string[] = [];
  const settle = async () => {
    if (questions.length > 0) await solve();
    load();
    if (runner() !== "" && seen.at(-1) !== runner()) seen.push(runner());
  };
  wait(500);
  await settle();
  for (let turn = 0; now() < milliseconds; turn++) {
    acting.reported(worked(runner(), pace(now(), runner())), now());
    for (let quarter = 0; quarter < 4; quarter++) {
      wait(2500);
      await settle();
    }
  }
  return seen;
}

test("equal devices whose blocks take 1.7 times what trials promise, and 20 times while they are cold, never move", async () => {
  const pace = (at: number) => at < 20_000 ? 20 : at < 40_000 ? 3 : 1.7;
  assert.equal((await runners({ pace, milliseconds: HOUR })).length, 1);
});

test("a day of block times that vary by 30% moves nothing between equal devices", async () => {
  for (const seed of [1, 2]) {
    const draw = lognormal(0.3, random(seed));
    assert.equal((await runners({ pace: () => 1.7 * draw(), milliseconds: 24 * HOUR })).length, 1, `seed ${seed}`);
  }
});

test("whatever the noise, and however far trials are off, no block moves within two hours", async () => {
  const noise = fc.record({
    sigma: fc.double({ min: 0, max: 0.35, noNaN: true }),
    off: fc.double({ min: 0.5, max: 5, noNaN: true }),
    seed: fc.nat(1000),
  });
  await fc.assert(
    fc.asyncProperty(noise, async ({ sigma, off, seed }) => {
      const draw = lognormal(sigma, random(seed));
      assert.equal((await runners({ pace: () => off * draw(), milliseconds: 2 * HOUR })).length, 1);
    }),
    { numRuns: 12, examples: [[{ sigma: 1e-9, off: 4, seed: 1 }], [{ sigma: 0.01, off: 3.2, seed: 1 }]] },
  );
});

test("a device that really becomes three times as slow is left within minutes, also in noise, and once", async () => {
  for (const sigma of [0, 0.15, 0.3]) {
    const draw = lognormal(sigma, random(5));
    const times: number[] = [];
    const pace = (at: number, device: string) => {
      if (device !== "a") times.push(at);
      return 1.7 * draw() * (device === "a" && at > HOUR ? 3 : 1);
    };
    const seen = await runners({ pace, milliseconds: 3 * HOUR });
    assert.equal(seen.length, 2, `${seen} with noise of ${sigma}`);
    assert.ok((times[0] ?? Infinity) < HOUR + 900_000, `${(times[0] ?? 0) - HOUR} ms with noise of ${sigma}`);
  }
});

test("noise is measured from one value to the next, so that a lasting change is none; what is said again says nothing", () => {
  const steadiness = new Steadiness();
  const draw = lognormal(0.2, random(1));
  for (let at = 0; at < 64; at++) {
    steadiness.heard("m", "a", { decode: draw() * (at < 32 ? 1 : 5), prefill: undefined });
  }
  const noise = steadiness.noise("m", ["a", "b"]);
  assert.ok(noise > 0.12 && noise < 0.3, `${noise}`);
  for (let at = 0; at < 64; at++) steadiness.heard("m", "b", { decode: 2, prefill: 3 });
  assert.equal(steadiness.noise("m", ["b"]), 0.25, "it is not known yet");
  assert.equal(steadiness.noise("m", ["c"]), 0);
  assert.equal(steadiness.usual("m").prefill, 3);
  steadiness.forget("b");
  assert.equal(steadiness.usual("m").prefill, undefined);
  assert.deepEqual(demands(0), { worthwhile: 1.1, patience: 2 });
});
