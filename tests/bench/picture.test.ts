/** Pictures of benchmarks: well-formed, true to scale, and nothing missing that was measured. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pictureOf as chaosPicture } from "../../bench/chaos/picture.ts";
import { pictureOf as decodePicture } from "../../bench/decode/picture.ts";
import type { Chart, Picture } from "../../bench/picture/chart.ts";
import { draw } from "../../bench/picture/draw.ts";
import { scaleOf, written } from "../../bench/picture/scale.ts";
import { pictureOf as servePicture } from "../../bench/serve/picture.ts";

const value = fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constant(NaN));
const bar = fc.record({ name: fc.string(), value });
const bars: fc.Arbitrary<Chart> = fc.record({
  type: fc.constant("bars" as const),
  title: fc.string({ unit: "binary" }),
  unit: fc.string(),
  groups: fc.array(fc.record({ name: fc.string({ maxLength: 200 }), bars: fc.array(bar, { maxLength: 8 }) })),
});
const lines: fc.Arbitrary<Chart> = fc.record({
  type: fc.constant("lines" as const),
  title: fc.string({ unit: "binary" }),
  along: fc.string(),
  unit: fc.string(),
  series: fc.array(fc.record({
    name: fc.string(),
    points: fc.array(fc.tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), value), { maxLength: 60 }),
    dashed: fc.boolean(),
  })),
});
const picture: fc.Arbitrary<Picture> = fc.record({
  title: fc.string(),
  note: fc.string(),
  charts: fc.array(fc.oneof(bars, lines), { maxLength: 3 }),
});

/** Names of elements as they open and close; throws where text is no XML. */
function elementsOf(xml: string): string[] {
  const open: string[] = [];
  const seen: string[] = [];
  const token = /<(\/?)([a-z]+)((?: [A-Za-z][A-Za-z0-9-]*="[^"<]*")*)(\/?)>|([^<]+)/gy;
  for (let at = 0; at < xml.length; at = token.lastIndex) {
    const found = token.exec(xml);
    assert.ok(found !== null, `no XML: ${xml.slice(at, at + 60)}`);
    const [, closes, name = "", attributes = "", empty, content] = found;
    for (const part of [attributes, content ?? ""]) {
      assert.doesNotMatch(part, /&(?!amp;|lt;|gt;|quot;)/);
      assert.doesNotMatch(part, /NaN|Infinity|undefined/);
    }
    if (content !== undefined) continue;
    if (closes === "/") assert.equal(open.pop(), name);
    else seen.push(name);
    if (closes !== "/" && empty !== "/") open.push(name);
  }
  assert.deepEqual(open, []);
  return seen;
}

test("whatever is drawn is well-formed, and every place in it is a number", () => {
  fc.assert(fc.property(picture, (one) => assert.equal(elementsOf(draw(one))[0], "svg")));
});

test("an axis begins at 0, goes on in equal round steps, and has room for all values and little more", () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), { minLength: 1 }), (values) => {
    const { ticks, end, at } = scaleOf(values, 100);
    const largest = Math.max(...values);
    const [step = NaN] = ticks.slice(1);
    assert.equal(ticks[0], 0);
    assert.ok(
      [1, 2, 5, 10].includes(Number((step / 10 ** Math.floor(Math.log10(step) + 1e-9)).toPrecision(6))),
      `${step}`,
    );
    for (const [index, tick] of ticks.entries()) assert.ok(Math.abs(tick - index * step) <= 1e-9 * end);
    assert.ok(end >= largest * (1 - 1e-9) && end - largest < step * (1 + 1e-9), `${end} for ${largest}`);
    assert.ok(ticks.length >= 2 && ticks.length <= 7, `${ticks.length}`);
    assert.ok(values.every((one) => Math.abs(at(one) - one / end * 100) < 1e-9));
  }));
  assert.deepEqual(scaleOf([NaN, Infinity], 100).ticks.at(0), 0);
  assert.equal(scaleOf([5], 100).at(NaN), 0);
});

test("bars are as long as their values say, and one that is twice another is twice as long", () => {
  const groups = [{ name: "a", bars: [{ name: "x", value: 10 }, { name: "y", value: 20 }] }];
  const svg = draw({ title: "t", note: "n", charts: [{ type: "bars", title: "c", unit: "ms", groups }] });
  const long = [...svg.matchAll(/<rect [^>]*width="([\d.]+)"[^>]*class="c\d"/g)].map(([, width]) => Number(width));
  assert.equal(long.length, 2);
  assert.ok(Math.abs((long[1] ?? 0) / (long[0] ?? 1) - 2) < 0.01, `${long}`);
  assert.match(svg, /<title>a, x: 10 ms<\/title>/);
});

test("numbers are written with the digits that count", () => {
  assert.deepEqual([1234.5, 56.78, 1.234, 0, 20, NaN].map(written), ["1235", "56.8", "1.23", "0", "20", "–"]);
});

test("decode is drawn by devices and by context, several answers as a rate", () => {
  const alone = { devices: 1, prefill: 900, memory: [] };
  const { charts } = decodePicture({
    machine: "a machine",
    options: { rounds: 3, promptTokens: 512, decodeTokens: 64 },
    results: {
      one: [
        { ...alone, name: "llama.cpp", decode: 80, decodeLong: 90 },
        { ...alone, name: "Skein, 2 devices", decode: 85, decodeLong: 99 },
      ],
      many: [{ name: "llama.cpp", tokensPerSecond: 20 }],
    },
  }, { one: "Q4_0, one thread" });
  assert.deepEqual(charts.map(({ title, unit }) => [title, unit]), [
    ["Q4_0, one thread", "ms a token"],
    ["Q4_0, one thread", "ms to the first token of a prompt of 512"],
    ["many", "tokens a second, all answers"],
  ]);
  assert.deepEqual(charts[0]?.type === "bars" && charts[0].groups[1]?.bars.map(({ name, value }) => [name, value]), [
    ["after a prompt of 16", 85],
    ["after one of 512", 99],
  ]);
});

test("throughput is a line a server over prompts at once, dashed where it is predicted; other loads are bars", () => {
  const spread = { p50: 1, p95: 2, p99: 3 };
  const result = (row: string, column: string, tokensPerSecond: number, predicted?: number) => {
    return { row, column, measures: { ttft: spread, between: spread, tokensPerSecond, ratio: NaN }, predicted };
  };
  const results = [
    result("llama.cpp", "1", 12),
    result("llama.cpp", "8", 30),
    result("Skein", "1", 12, 11),
    result("Skein", "8", 60, 64),
    result("Skein", "8, mixed", 50),
  ];
  const groups = { one: { results, claims: [], load: "1" } };
  const { charts } = servePicture({ machine: "a machine", rounds: 3, tokens: 48, groups }, {});
  const [rates, , mixed] = charts;
  assert.deepEqual(rates?.type === "lines" && rates.series.map(({ name, points, dashed }) => [name, points, dashed]), [
    ["llama.cpp", [[1, 12], [8, 30]], undefined],
    ["Skein", [[1, 12], [8, 60]], undefined],
    ["Skein, predicted", [[1, 11], [8, 64]], true],
  ]);
  assert.deepEqual(mixed?.type === "bars" && mixed.groups, [{
    name: "Skein",
    bars: [{ name: "8, mixed", value: 50 }],
  }]);
  assert.equal(elementsOf(draw({ title: "t", note: "", charts })).filter((name) => name === "polyline").length, 5);
});

test("gaps are drawn by fault and all together; without a fault there is nothing to draw", () => {
  const waits = [100, 300, 200].map((milliseconds) => ({ kind: "kill" as const, milliseconds }));
  const [kinds, shares] = chaosPicture(waits, "").charts;
  assert.deepEqual(kinds?.type === "bars" && kinds.groups.map(({ name }) => name), ["kill (3)", "all (3)"]);
  assert.deepEqual(shares?.type === "lines" && shares.series[0]?.points.map(([x, y]) => [x, Math.round(y)]), [
    [0, 0],
    [100, 33],
    [200, 67],
    [300, 100],
  ]);
  assert.deepEqual(chaosPicture([], "").charts, []);
});
