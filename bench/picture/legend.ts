/** What colours mean, above a chart. */
import { element, text, widthOf } from "./svg.ts";

/** Colours that there are. */
const COLOURS = 6;

/** A name in a legend. */
export interface Entry {
  readonly name: string;
  readonly dashed?: boolean;
}

/** The class of the n-th colour: of areas, or of lines. */
export function colour(index: number, of: "area" | "line"): string {
  return `${of === "area" ? "c" : "s"}${index % COLOURS}`;
}

/** The title of a chart, what it measures, and the legend where there are several names. Returns the height of all. */
export function drawHead(
  { title, unit, entries, width }: {
    readonly title: string;
    readonly unit: string;
    readonly entries: readonly (Entry & { readonly index: number })[];
    readonly width: number;
  },
): { readonly content: readonly string[]; readonly height: number } {
  const content = [
    text(title, { x: 0, y: 12, class: "head" }),
    text(unit, { x: width, y: 12, class: "faint", "text-anchor": "end" }),
  ];
  if (entries.length < 2) return { content, height: 22 };
  let [x, y] = [0, 32];
  for (const { name, index, dashed = false } of entries) {
    const wide = 26 + widthOf(name) + 14;
    if (x > 0 && x + wide > width) [x, y] = [0, y + 18];
    const dash = dashed ? " dashed" : "";
    content.push(
      element("line", {
        x1: x,
        x2: x + 18,
        y1: y - 4,
        y2: y - 4,
        class: `line ${colour(index, "line")}${dash}`,
      }),
      text(name, { x: x + 24, y }),
    );
    x += wide;
  }
  return { content, height: y + 10 };
}
