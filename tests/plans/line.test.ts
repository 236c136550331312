import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lineThrough } from "../../plans/mod.ts";

const bounds = { least: 0.25, most: 4 };

test("points on a line tell it, and where some are anywhere its slope stays within bounds", () => {
  const real = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  fc.assert(
    fc.property(real(0.5, 3), real(0, 100), fc.array(real(0, 1e6), { maxLength: 2 }), (slope, intercept, odd) => {
      const points = [10, 20, 40, 80, 160, 320, 640, 1280].map((x, at) => ({ x, y: odd[at] ?? intercept + slope * x }));
      const line = lineThrough(points, bounds);
      assert.ok(line !== undefined);
      if (odd.length === 0) {
        assert.ok(Math.abs(line.slope - slope) < 1e-6 && Math.abs(line.intercept - intercept) < 1e-3);
      } else assert.ok(line.slope >= bounds.least && line.slope <= bounds.most);
    }),
  );
});

test("one odd value among seven moves the line by nothing", () => {
  const points = [10, 20, 40, 80, 160, 320, 640].map((x) => ({ x, y: x === 80 ? 1e5 : 5 + 2 * x }));
  assert.deepEqual(lineThrough(points, bounds), { slope: 2, intercept: 5 });
});

test("many short ones that vary do not bend a line that a few long ones tell", () => {
  const noise = [30, 75, 42, 60, 51, 70, 35, 66, 48, 57, 39, 63];
  const short = noise.map((y, at) => ({ x: 5 + at, y }));
  const long = [300, 420, 500].map((x) => ({ x, y: 50 + 1.2 * x }));
  const line = lineThrough([...short, ...long], bounds);
  assert.ok(
    line !== undefined && Math.abs(line.slope - 1.2) < 0.06 && Math.abs(line.intercept - 40) < 10,
    `${line?.slope}`,
  );
});

test("points at one place tell what is added, and no points nothing", () => {
  assert.deepEqual(lineThrough([{ x: 10, y: 12 }, { x: 10.5, y: 13.5 }, { x: 10, y: 13 }], bounds), {
    slope: 1,
    intercept: 3,
  });
  assert.equal(lineThrough([], bounds), undefined);
});
