/** Text as terminals show it: how wide it is, cut to a width, and without what could take a terminal over. Pure. */
import stringWidth from "string-width";

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
/** Printable ASCII alone is as wide as it is long. */
const PLAIN = /^[\x20-\x7e]*$/;
/**
 * Control characters, among them those that begin a terminal's commands, and those that turn the direction of writing. Names and
 * events come from other devices.
 */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** Text that a terminal can do nothing with but show it, on one line. */
export function clean(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNSAFE, " ");
}

/** Columns that a text takes. */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** The text in so many columns at most; where it is cut it ends in "…". */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns <= 0) return "";
  if (PLAIN.test(text)) return `${text.slice(0, columns - 1)}…`;
  let [kept, width] = ["", 0];
  for (const { segment } of segmenter.segment(text)) {
    const next = width + widthOf(segment);
    if (next > columns - 1) break;
    [kept, width] = [kept + segment, next];
  }
  return `${kept}…`;
}

/** The text in just so many columns: cut, or filled with spaces on the right. */
export function fit(text: string, columns: number): string {
  const short = cut(text, columns);
  return short + " ".repeat(Math.max(0, columns - widthOf(short)));
}

/** As `fit`, filled on the left. */
export function fitRight(text: string, columns: number): string {
  const short = cut(text, columns);
  return " ".repeat(Math.max(0, columns - widthOf(short))) + short;
}

/** A text in lines of so many columns at most, broken between words where that can be. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of clean(text).split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (widthOf(longer) <= columns) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (widthOf(line) > columns) {
      const piece = cut(line, columns + 1).slice(0, -1);
      lines.push(piece);
      line = line.slice(piece.length);
      if (piece === "") return [...lines, line];
    }
  }
  return [...lines, line];
}
