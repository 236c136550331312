/**
 * Draws pictures as SVG: standing alone, in light and dark, without script. A library that draws charts brings a DOM or a
 * language of its own along; benchmarks need bars and lines.
 */
import { drawBars } from "./bars.ts";
import type { Chart, Picture } from "./chart.ts";
import { drawLines } from "./lines.ts";
import { element, escaped, text } from "./svg.ts";

/** Pixels, of the whole picture and around it. */
const WIDTH = 760;
const MARGIN = 24;

/**
 * Colours that people tell apart who see them differently (Okabe and Ito, 2008), the darker of them lightened in the dark;
 * where there are more series they begin anew.
 */
const STYLE = `
svg { --paper: #ffffff; --ink: #1f2328; --faint: #59636e; --rule: #d1d9e0;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #cc79a7; --c4: #e69f00; --c5: #56b4e9; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --ink: #e6edf3; --faint: #9198a1; --rule: #3d444d; --c0: #4aa8e0; --c1: #f08c3a; --c2: #2cc295; }
}
text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.title { font-size: 18px; font-weight: 600; }
.head { font-size: 14px; font-weight: 600; }
.faint { fill: var(--faint); }
.paper { fill: var(--paper); }
.rule { stroke: var(--rule); stroke-width: 1; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.dashed { stroke-dasharray: 5 4; }
${[0, 1, 2, 3, 4, 5].map((at) => `.c${at} { fill: var(--c${at}); } .s${at} { stroke: var(--c${at}); }`).join("\n")}
`;

/** The picture as the text of an SVG file. */
export function draw({ title, note, charts }: Picture): string {
  const parts: string[] = [];
  let y = MARGIN + 18;
  parts.push(text(title, { x: MARGIN, y, class: "title" }));
  y += 20;
  parts.push(text(note, { x: MARGIN, y, class: "faint" }));
  y += 24;
  for (const chart of charts) {
    const { content, height } = drawChart(chart, WIDTH - 2 * MARGIN);
    parts.push(
      element("g", { transform: `translate(${MARGIN} ${y})` }, content),
    );
    y += height + 28;
  }
  const size = { width: WIDTH, height: y, viewBox: `0 0 ${WIDTH} ${y}` };
  const said = charts.map((chart) => `${chart.title}, ${chart.unit}`).join(
    "; ",
  );
  return `${
    element("svg", {
      xmlns: "http://www.w3.org/2000/svg",
      role: "img",
      ...size,
    }, [
      element("title", {}, [escaped(title)]),
      element("desc", {}, [escaped(`${note}. ${said}`)]),
      `<style>${STYLE}</style>`,
      element("rect", { width: WIDTH, height: y, class: "paper" }),
      ...parts,
    ])
  }\n`;
}

function drawChart(chart: Chart, width: number): Drawn {
  switch (chart.type) {
    case "bars":
      return drawBars(chart, width);
    case "lines":
      return drawLines(chart, width);
    default:
      return chart satisfies never;
  }
}

/** What a chart has become; pixels. */
interface Drawn {
  readonly content: readonly string[];
  readonly height: number;
}
