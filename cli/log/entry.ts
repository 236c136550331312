/** A line of the log: when, how grave, of what kind, in a sentence. Plain text, so that grep and less will do. */
import { redact } from "./redact.ts";

/** How grave, the least first. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

/** Something that is logged. */
export interface Entry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: Level;
  /** A word: the kind of event. */
  readonly type: string;
  readonly text: string;
}

/** Longer texts are cut. */
const MAX_TEXT = 4000;

/** Whether a level is at least as grave as another. */
export function reaches(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

/** The line, without a line break, secrets or control characters: names come from other devices. */
export function lineOf({ at, level, type, text }: Entry): string {
  return `${new Date(at).toISOString()} ${level.padEnd(5)} ${type} ${printable(redact(text))}`;
}

/** The entry of a line; undefined for what is none, such as half a line after a power cut. */
export function entryOf(line: string): Entry | undefined {
  const [, time, word, type, text] = line.match(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\w+) +([a-z-]+) (.*)$/) ??
    [];
  const level = LEVELS.find((level) => level === word);
  const at = Date.parse(time ?? "");
  if (level === undefined || type === undefined || text === undefined || !Number.isFinite(at)) return undefined;
  return { at, level, type, text };
}

function printable(text: string): string {
  const cut = text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
  // deno-lint-ignore no-control-regex -- they are what is looked for
  return cut.replaceAll(/\s*[\r\n]+\s*/g, " | ").replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "\ufffd");
}
