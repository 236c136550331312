/** What tokens spend on the wire, for whoever scrapes: every token once, whatever clocks say. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HopReader } from "../../actors/daemon/metrics/mod.ts";
import type { SpanColumns } from "../../actors/executor/spans.ts";
import { hopsOf } from "../../actors/gateway/hops.ts";
import { simulatedMesh } from "./mesh/simulated-mesh.ts";

/** A segment on a clock that is `clock` ahead, in which each of four tokens takes 3 ms, `after` ms behind its start. */
function segment(after: number, clock: number): SpanColumns {
  const starts = [0, 1, 2, 3].map((index) => 100 + 10 * index + after + clock);
  const ones = starts.map(() => 1);
  return {
    now: 1000 + clock,
    positions: [7, 8, 9, 10],
    tokens: ones,
    rows: ones,
    arrived: starts,
    began: starts.map((start) => start + 1),
    ended: starts.map((start) => start + 3),
  };
}

test("hops are off by the clocks at most, and what a token takes on all of them by nothing", () => {
  fc.assert(fc.property(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.double({ min: 0, max: 20, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (clock, roundTrip, share) => {
      const own = { asked: 1000, heard: 1000, spans: segment(0, 0) };
      const other = {
        asked: 1000 - share * roundTrip,
        heard: 1000 + (1 - share) * roundTrip,
        spans: segment(5, clock),
      };
      const hops = hopsOf([own, other]);
      assert.deepEqual(hops.map(({ position }) => position), [7, 8, 9]);
      for (const { wire: [there = NaN, back = NaN] } of hops) {
        assert.ok(Math.abs(there - 2) <= roundTrip / 2 + 1e-6, `${there} there`);
        assert.ok(Math.abs(there + back - 4) < 1e-6, `${there} there and ${back} back`);
      }
    },
  ));
});

test("a token of which two runs are mixed up is told of as little as one that a segment does not remember", () => {
  const own = { asked: 1000, heard: 1000, spans: segment(0, 0) };
  const before = { asked: 1000, heard: 1001, spans: segment(-50, 0) };
  assert.deepEqual(hopsOf([own, before]), []);
  assert.deepEqual(hopsOf([own, undefined]), []);
});

test("each token that an answer makes on two devices is told once, to however many ask", async () => {
  await using mesh = await simulatedMesh(["a", "b"], { layers: 4 });
  const { system, traces } = mesh.device("b");
  const reader = new HopReader({ system, clock: mesh.clock, traces });
  const read = async (): Promise<number[]> => {
    const reading = Promise.all([reader.read(), reader.read()]);
    await mesh.clock.advance(50);
    return (await reading).flat().flatMap(({ tokens }) => tokens.map(({ position }) => position));
  };
  const answer = mesh.ask("b", "Hello", 60);
  await mesh.until(() => answer.text.length > 20);
  const first = await read();
  await mesh.until(() => answer.over);
  const all = [...first, ...await read()];
  assert.ok(first.length > 5 && first.length < all.length, `${first.length} of ${all.length}`);
  assert.deepEqual(all, Array.from({ length: all.length }, (_, index) => (all[0] ?? 0) + index));
  assert.ok(all.length > 55, `${all.length} of 60 tokens`);
  assert.deepEqual(await read(), [], "nobody is asked about what is known");
});

test("answers of a single device have no hops, and nobody is asked", async () => {
  await using mesh = await simulatedMesh(["a"], { layers: 4 });
  const { system, traces } = mesh.device("a");
  const answer = mesh.ask("a", "Hello", 5);
  await mesh.until(() => answer.over);
  assert.deepEqual(await new HopReader({ system, clock: mesh.clock, traces }).read(), []);
});
