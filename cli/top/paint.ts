/** Lines as a terminal is told to show them: with colours or without, in any letters or in ASCII. Pure. */
import { cursorTo, eraseEndLine, synchronizedOutput } from "ansi-escapes";
import { styleText } from "node:util";
import type { Line, Span, Tone } from "./line.ts";
import { widthOf } from "./text.ts";

type Format = Parameters<typeof styleText>[0];

const FORMATS: Readonly<Record<Tone, Format | undefined>> = {
  plain: undefined,
  faint: "dim",
  strong: "bold",
  good: "green",
  warn: "yellow",
  bad: ["bold", "red"],
  accent: "cyan",
  chosen: "inverse",
  hue0: "blueBright",
  hue1: "greenBright",
  hue2: "magentaBright",
  hue3: "yellowBright",
  hue4: "cyanBright",
  hue5: "redBright",
};

/** What stands for letters that are drawn, where there is ASCII alone: as wide, and as much alike as can be. */
const ASCII: Readonly<Record<string, string>> = {
  "─": "-",
  "┐": "+",
  "┘": "+",
  "▶": ">",
  "◀": "<",
  "▲": "^",
  "▸": ">",
  "★": "*",
  "█": "#",
  "▀": "#",
  "▄": "#",
  "░": ".",
  "…": "~",
  "↑": "^",
  "↓": "v",
  "←": "<",
  "→": ">",
  "▁": "_",
  "▂": ".",
  "▃": ":",
  "▅": "=",
  "▆": "+",
  "▇": "*",
};

/** What a terminal can do. */
export interface Looks {
  readonly colours: boolean;
  readonly unicode: boolean;
}

/** A line as the terminal is told. */
export function paintLine(line: Line, { colours, unicode }: Looks): string {
  return line.map(({ text, tone }: Span) => {
    const letters = unicode ? text : asciiOf(text);
    const format = FORMATS[tone];
    return !colours || format === undefined ? letters : styleText(format, letters, { validateStream: false });
  }).join("");
}

/** The text in ASCII, as wide as it was. */
export function asciiOf(text: string): string {
  let ascii = "";
  for (const { segment } of graphemes.segment(text)) {
    ascii += /^[\x20-\x7e]$/.test(segment) ? segment : ASCII[segment] ?? "?".repeat(widthOf(segment));
  }
  return ascii;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * What turns a screen of painted lines into another one: only lines that differ are written, as one picture where the terminal
 * can hold it back until it is whole. Empty where nothing differs; `before` is empty for a screen that is not known.
 */
export function repaint(before: readonly string[], after: readonly string[]): string {
  const changed = after.flatMap((line, row) =>
    before[row] === line ? [] : [`${cursorTo(0, row)}${line}${eraseEndLine}`]
  );
  return changed.length === 0 ? "" : synchronizedOutput(changed.join(""));
}
