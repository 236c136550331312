/** A terminal's lines as a picture. Pure. */
import type { Line, Tone } from "../cli/top/line.ts";
import { widthOf } from "../cli/top/text.ts";

/** Pixels of a column and of a row, and of the space around. */
const [COLUMN, ROW, AROUND] = [8.4, 18, 12];
const BACKGROUND = "#16181d";
const PLAIN = "#d7dae0";

const COLOURS: Readonly<Record<Tone, string>> = {
  plain: PLAIN,
  faint: "#7f8794",
  strong: "#ffffff",
  good: "#8ccf7e",
  warn: "#e5c76b",
  bad: "#ff7a85",
  accent: "#6cc7d9",
  chosen: BACKGROUND,
  hue0: "#7fb0ff",
  hue1: "#93dd8a",
  hue2: "#d8a0f0",
  hue3: "#f0d080",
  hue4: "#7fdce8",
  hue5: "#ff9e8f",
};

/** An SVG of lines of so many columns; `title` says to those who cannot see it what it shows. */
export function terminalSvg(lines: readonly Line[], columns: number, title: string): string {
  const [width, height] = [columns * COLUMN + 2 * AROUND, lines.length * ROW + 2 * AROUND];
  const rows = lines.map((line, row) => drawLine(line, AROUND + row * ROW)).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${
    escape(title)
  }">
<title>${escape(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">
${rows}</g>
</svg>
`;
}

function drawLine(line: Line, top: number): string {
  let [drawn, column] = ["", 0];
  for (const { text, tone } of line) {
    const columns = widthOf(text);
    const [x, width] = [AROUND + column * COLUMN, columns * COLUMN];
    column += columns;
    if (tone === "chosen") {
      drawn += `<rect x="${x.toFixed(1)}" y="${top}" width="${width.toFixed(1)}" height="${ROW}" fill="${PLAIN}"/>\n`;
    }
    const kept = text.trim();
    if (kept === "") continue;
    const begin = x + (text.length - text.trimStart().length) * COLUMN;
    // Whatever the font: each piece begins and ends at its columns.
    const length = (widthOf(kept) * COLUMN).toFixed(1);
    const weight = tone === "strong" || tone === "bad" ? ' font-weight="bold"' : "";
    drawn += `<text x="${begin.toFixed(1)}" y="${top + 14}" textLength="${length}" lengthAdjust="spacingAndGlyphs" ` +
      `fill="${COLOURS[tone]}"${weight}>${escape(kept).replaceAll(" ", "\u00a0")}</text>\n`;
  }
  return drawn;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
