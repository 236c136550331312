/** Lines over a number. */
import type { Lines, Series } from "./chart.ts";
import { colour, drawHead } from "./legend.ts";
import { type Scale, scaleOf, written } from "./scale.ts";
import { element, escaped, text, widthOf } from "./svg.ts";

/** Pixels. */
const HEIGHT = 220;
const RIGHT = 16;
/** More points than this are a curve, and their dots would hide it. */
const DOTS = 40;

/** Where the axes are, in pixels. */
interface Field {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly across: Scale;
  readonly up: Scale;
}

/** The chart and its height, in pixels. */
export function drawLines(
  chart: Lines,
  width: number,
): { readonly content: readonly string[]; readonly height: number } {
  const { title, unit, along, series } = chart;
  const head = drawHead({ title, unit, entries: series.map((one, index) => ({ ...one, index })), width });
  const points = series.flatMap((one) => one.points);
  const up = scaleOf(points.map(([, y]) => y), HEIGHT);
  const left = 10 + Math.max(...up.ticks.map((tick) => widthOf(written(tick))));
  const across = scaleOf(points.map(([x]) => x), width - RIGHT - left, 8);
  const field = { left, right: width - RIGHT, bottom: head.height + 8 + HEIGHT, across, up };
  const lines = series.flatMap((one, index) => drawSeries(one, index, chart, field));
  return { content: [...head.content, ...drawAxes(along, field), ...lines], height: field.bottom + 40 };
}

function drawAxes(along: string, { left, right, bottom, across, up }: Field): string[] {
  const rules = up.ticks.flatMap((tick) => {
    const y = bottom - up.at(tick);
    return [
      element("line", { x1: left, x2: right, y1: y, y2: y, class: "rule" }),
      text(written(tick), { x: left - 6, y: y + 4, class: "faint", "text-anchor": "end" }),
    ];
  });
  const below = across.ticks.map((tick) => {
    return text(written(tick), { x: left + across.at(tick), y: bottom + 16, class: "faint", "text-anchor": "middle" });
  });
  return [...rules, ...below, text(along, { x: right, y: bottom + 34, class: "faint", "text-anchor": "end" })];
}

function drawSeries(
  { name, points, dashed = false }: Series,
  index: number,
  { along, unit }: Lines,
  { left, bottom, across, up }: Field,
): string[] {
  const known = points.filter(([, y]) => Number.isFinite(y));
  const place = ([x, y]: readonly [number, number]) => [left + across.at(x), bottom - up.at(y)] as const;
  const way = known.map((point) => place(point).map((value) => value.toFixed(1)).join(",")).join(" ");
  const line = element("polyline", { points: way, class: `line ${colour(index, "line")}${dashed ? " dashed" : ""}` });
  if (dashed || known.length > DOTS) return [line];
  const dots = known.map((point) => {
    const [cx, cy] = place(point);
    const said = escaped(`${name}, ${written(point[0])} ${along}: ${written(point[1])} ${unit}`);
    return element("circle", { cx, cy, r: 3.5, class: colour(index, "area") }, [element("title", {}, [said])]);
  });
  return [line, ...dots];
}
