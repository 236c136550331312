/** What happens in the mesh, a line each. */
import type { EventLine } from "../actors/gateway/api.ts";

/** Columns that a device's name and a kind take at least. */
const [NAME, TYPE] = [10, 9];

/** One line of the stream of events. */
export function describeLine(line: EventLine): string {
  if (!("at" in line)) return `… ${line.events} events missed: the reader is too slow`;
  const { at, name, type, path, text, times = 1 } = line;
  const about = path === undefined ? text : `${path}  ${text}`;
  return `${clockTime(at)}  ${name.padEnd(NAME)}  ${type.padEnd(TYPE)}  ${about}${
    times > 1 ? `  (${times} times)` : ""
  }`;
}

/** Hours, minutes, seconds and milliseconds of this place. */
export function clockTime(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const milliseconds = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`;
}
