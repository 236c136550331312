/** An entry of the log as people read it. */
import type { Entry } from "./entry.ts";

/** "2026-11-26 02:48:42.123  warn   …" by the time of this place; `color` marks warnings and errors. */
export function describeEntry({ at, level, text }: Entry, color: boolean): string {
  const line = `${localTime(at)}  ${level.padEnd(5)}  ${text}`;
  if (!color || level === "info") return line;
  return `\x1b[${COLORS[level]}m${line}\x1b[0m`;
}

const COLORS = { debug: 2, warn: 33, error: 31 } as const;

function localTime(at: number): string {
  const date = new Date(at);
  const digits = (value: number, count: number) => String(value).padStart(count, "0");
  const day = [date.getFullYear(), digits(date.getMonth() + 1, 2), digits(date.getDate(), 2)].join("-");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => digits(part, 2)).join(":");
  return `${day} ${time}.${digits(date.getMilliseconds(), 3)}`;
}
