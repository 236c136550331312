/** Lying bars: long names have room beside them, and each value stands at its end. */
import type { Bars } from "./chart.ts";
import { colour, drawHead } from "./legend.ts";
import { scaleOf, written } from "./scale.ts";
import { element, escaped, text, widthOf } from "./svg.ts";

/** Pixels. */
const BAR = 14;
const BETWEEN = 10;
const VALUE = 48;

/** The chart and its height, in pixels. */
export function drawBars({ title, unit, groups }: Bars, width: number) {
  const names = [
    ...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name))),
  ];
  const entries = names.map((name, index) => ({ name, index }));
  const head = drawHead({ title, unit, entries, width });
  const left = Math.min(
    width / 2,
    12 + Math.max(0, ...groups.map(({ name }) => widthOf(name))),
  );
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value));
  const scale = scaleOf(values, width - left - VALUE);
  const content = [...head.content];
  const top = head.height;
  let y = top + BETWEEN / 2;
  const bars: string[] = [];
  for (const group of groups) {
    const height = group.bars.length * BAR;
    bars.push(
      text(group.name, {
        x: left - 10,
        y: y + height / 2 + 4,
        "text-anchor": "end",
      }),
    );
    for (const { name, value } of group.bars) {
      const long = scale.at(value);
      bars.push(
        element("rect", {
          x: left,
          y: y + 1,
          width: long,
          height: BAR - 2,
          class: colour(names.indexOf(name), "area"),
        }, [
          element("title", {}, [
            escaped(`${group.name}, ${name}: ${written(value)} ${unit}`),
          ]),
        ]),
        text(written(value), { x: left + long + 6, y: y + BAR - 3 }),
      );
      y += BAR;
    }
    y += BETWEEN;
  }
  for (const tick of scale.ticks) {
    const x = left + scale.at(tick);
    content.push(
      element("line", { x1: x, x2: x, y1: top, y2: y, class: "rule" }),
      text(written(tick), {
        x,
        y: y + 14,
        class: "faint",
        "text-anchor": "middle",
      }),
    );
  }
  return { content: [...content, ...bars], height: y + 18 };
}
