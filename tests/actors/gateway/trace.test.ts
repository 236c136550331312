/** The way of an answer across devices: clocks are lined up, parts add up, and what nobody remembers is said. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as v from "valibot";
import { type SpanColumns, Spans } from "../../../actors/executor/spans.ts";
import { routes } from "../../../actors/gateway/api.ts";
import { clockOffset, rowsOf, sharesOf, tokenMilliseconds } from "../../../actors/gateway/trace.ts";
import { Traces } from "../../../actors/gateway/traces.ts";
import { describeTrace, describeTraces } from "../../../cli/trace-output.ts";
import { apiOf } from "../mesh/mesh-api.ts";
import { simulatedMesh } from "../mesh/simulated-mesh.ts";

const NOTHING: SpanColumns = { now: 0, positions: [], tokens: [], rows: [], arrived: [], began: [], ended: [] };

/** One segment of a pipeline in which every token waits 1 ms and computes 2 ms, `after` ms behind its start. */
function segment(after: number, clock: number, tokens = 4): SpanColumns {
  const starts = Array.from({ length: tokens }, (_, index) => 100 + 10 * index + after + clock);
  return {
    now: 1000 + clock,
    positions: starts.map((_, index) => 7 + index),
    tokens: starts.map(() => 1),
    rows: starts.map(() => 1),
    arrived: starts,
    began: starts.map((start) => start + 1),
    ended: starts.map((start) => start + 3),
  };
}

test("clocks that differ are lined up to half a round trip, and the parts of a token add up to the token", () => {
  fc.assert(fc.property(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.double({ min: 0, max: 20, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (clock, roundTrip, share) => {
      // The question arrived when the other clock was read: somewhere on the round trip.
      const said = { asked: 1000 - share * roundTrip, heard: 1000 + (1 - share) * roundTrip, spans: segment(5, clock) };
      const { offset, error } = clockOffset(said);
      assert.ok(
        Math.abs(offset + clock) <= error + 1e-6,
        `${offset} for ${-clock}, said to be off by ${error} at most`,
      );
      const own = { asked: 1000, heard: 1000, spans: segment(0, 0) };
      const shares = sharesOf(rowsOf([own, said], 100), 2);
      assert.ok(Math.abs((tokenMilliseconds(shares) ?? 0) - 10) < 1e-6);
      assert.ok(Math.abs((shares[1]?.queue ?? 0) - 1) < 1e-6 && Math.abs((shares[1]?.compute ?? 0) - 2) < 1e-6);
    },
  ));
});

test("a segment that remembers nothing leaves gaps, and no sums that are not true", () => {
  const own = { asked: 1000, heard: 1000, spans: segment(0, 0) };
  const rows = rowsOf([own, undefined], 100);
  assert.deepEqual(rows.map(({ steps }) => steps[1]), [null, null, null, null]);
  assert.equal(tokenMilliseconds(sharesOf(rows, 2)), null);
  assert.equal(tokenMilliseconds(sharesOf(rowsOf([{ asked: 0, heard: 0, spans: NOTHING }], 0), 1)), null);
});

test("the latest rows are remembered, each under its answer", () => {
  const spans = new Spans();
  for (let position = 0; position < 5000; position++) {
    const sequence = position % 2;
    const conversation = `/supervisor/conversation-${sequence === 0 ? "even" : "odd"}-1`;
    const times = { arrived: position, began: position, ended: position };
    spans.record({ sequence, conversation, position, tokens: 1, rows: 2, ...times });
  }
  const { positions, now } = spans.of("conversation-even", 9);
  assert.deepEqual([positions.length, positions[0], positions.at(-1), now], [2048, 904, 4998, 9]);
  assert.deepEqual(spans.of(undefined, 9).positions, []);
});

test("the parts of a token on three devices add up to what the reader measured, within 5%", async () => {
  await using mesh = await simulatedMesh(["a", "b", "c"], { layers: 6 });
  const answer = mesh.ask("b", "Hello", 60);
  await mesh.until(() => answer.over);
  const handle = apiOf(mesh, "b");
  const read = async (path: string): Promise<Response> => {
    const response = handle(path);
    await mesh.clock.advance(50);
    return await response;
  };
  const { answers } = v.parse(routes.traces.response, await (await read(routes.traces.path)).json());
  assert.deepEqual(answers.map(({ completionTokens, outcome }) => [completionTokens, outcome]), [[60, "length"]]);
  const trace = v.parse(routes.trace.response, await (await read(`${routes.trace.path}latest`)).json());
  assert.deepEqual(trace.segments.map(({ name }) => name), ["a", "b", "c"]);
  const { ttftMs, totalMs, tokenMs } = trace;
  const measured = (totalMs - (ttftMs ?? NaN)) / 59;
  assert.ok(Math.abs((tokenMs ?? NaN) / measured - 1) < 0.05, `${tokenMs} by its parts, ${measured} measured`);
  assert.equal((await read(`${routes.trace.path}nobody`)).status, 404);
  assert.match(describeTrace(trace), /a token took .* ms/);
  assert.match(describeTrace(trace), /· waits for its step, a figure computes: 1 a, 2 b, 3 c/);
  assert.match(describeTraces(answers), /length/);
  assert.equal(new Traces().find(""), undefined);
});
