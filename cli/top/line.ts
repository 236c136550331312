/** Lines of a screen: pieces of text, each with what it means; colours come later, where there are any. Pure. */
import { clean, cut, fit, fitRight, widthOf } from "./text.ts";

/** What a piece of text means to the eye. Nothing is told by a tone alone: some terminals have no colours. */
export type Tone = "plain" | "faint" | "strong" | "good" | "warn" | "bad" | "accent" | "chosen" | Hue;
/** One of six colours, by which devices are told apart. */
export type Hue = `hue${0 | 1 | 2 | 3 | 4 | 5}`;

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}
export type Line = readonly Span[];

/** A piece of text that is safe to show. */
export function span(text: string, tone: Tone = "plain"): Span {
  return { text: clean(text), tone };
}

/** A line of pieces; plain text is a piece too. */
export function lineOf(...parts: readonly (string | Span)[]): Line {
  return parts.map((part) => typeof part === "string" ? span(part) : part);
}

/** Columns that a line takes. */
export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** A line in just so many columns: cut, or filled with spaces. */
export function fitLine(line: Line, columns: number): Line {
  const fitted: Span[] = [];
  let rest = columns;
  for (const { text, tone } of line) {
    if (rest <= 0) break;
    const short = cut(text, rest);
    fitted.push({ text: short, tone });
    rest -= widthOf(short);
  }
  return rest > 0 ? [...fitted, { text: " ".repeat(rest), tone: "plain" }] : fitted;
}

/** The left line, then the right one at the end of so many columns; the left one is cut where both have no room. */
export function ends(left: Line, right: Line, columns: number): Line {
  const rest = columns - lineWidth(right);
  return rest <= 0 ? fitLine(right, columns) : [...fitLine(left, rest), ...right];
}

/** A rule with a title at its left and words at its right. */
export function rule(title: string, right: string, columns: number, tone: Tone = "faint"): Line {
  const before = title === "" ? "" : `─ ${clean(title)} `;
  const after = right === "" ? "" : ` ${clean(right)} ─`;
  const room = columns - widthOf(before) - widthOf(after);
  if (room < 0) return fitLine([{ text: before, tone }], columns);
  return [{ text: before, tone }, { text: "─".repeat(room) + after, tone: "faint" }];
}

/** The hue of a device among those that were seen, in the order that they were; so the first six differ, and none changes. */
export function hueOf(seen: readonly string[], device: string): Hue {
  const place = Math.max(0, seen.indexOf(device)) % 6;
  return `hue${place as 0 | 1 | 2 | 3 | 4 | 5}`;
}

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly width: number;
  readonly right?: boolean;
  readonly cell: (row: Row) => Span | string;
  /** Columns with the highest number are left out first where there is no room; those with none never. */
  readonly drop?: number;
}

/** The columns that have room in so many columns of the screen, two spaces apart; the last one has what is left. */
export function columnsWithin<Row>(all: readonly Column<Row>[], columns: number): readonly Column<Row>[] {
  let kept = [...all];
  const needed = () => kept.reduce((sum, { width }) => sum + width + 2, -2);
  while (needed() > columns) {
    const worst = kept.reduce<Column<Row> | undefined>((found, column) => {
      return (column.drop ?? 0) > (found?.drop ?? 0) ? column : found;
    }, undefined);
    if (worst === undefined) break;
    kept = kept.filter((column) => column !== worst);
  }
  const last = kept.at(-1);
  const rest = columns - (needed() - (last?.width ?? 0));
  return kept.map((column) => column === last ? { ...column, width: Math.max(1, rest) } : column);
}

/** The line of titles. */
export function titleLine<Row>(columns: readonly Column<Row>[]): Line {
  return columns.map(({ title, width, right }, place) => ({
    text: `${place === 0 ? "" : "  "}${right ? fitRight(title, width) : fit(title, width)}`,
    tone: "faint",
  }));
}

/** The line of a row. */
export function rowLine<Row>(columns: readonly Column<Row>[], row: Row): Line {
  return columns.map(({ width, right, cell }, place) => {
    const { text, tone } = lineOf(cell(row))[0] ?? span("");
    return { text: `${place === 0 ? "" : "  "}${right ? fitRight(text, width) : fit(text, width)}`, tone };
  });
}

/** A bar of so many columns, filled by a part of a whole. */
export function bar(part: number, columns: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, part)) * columns);
  return "█".repeat(filled) + "░".repeat(columns - filled);
}

const LEVELS = "▁▂▃▄▅▆▇█";

/** The latest figures as a line of small columns, the highest one full. */
export function sparkline(figures: readonly number[], columns: number): string {
  const shown = figures.slice(-columns);
  const most = Math.max(...shown, 0);
  return shown.map((figure) => {
    return most === 0 ? LEVELS[0] : LEVELS[Math.min(LEVELS.length - 1, Math.floor(figure / most * LEVELS.length))];
  }).join("");
}
