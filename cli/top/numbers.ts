/** Numbers in as few letters as people need. Pure. */

/** Milliseconds: "0.4 ms", "52 ms", "1.2 s". */
export function milliseconds(count: number): string {
  if (count >= 10_000) return `${Math.round(count / 1000)} s`;
  if (count >= 1000) return `${(count / 1000).toFixed(1)} s`;
  return `${short(count)} ms`;
}

/** A number with one decimal where it is small: "0.4", "9.1", "52". */
export function short(count: number): string {
  return count >= 10 ? count.toFixed(0) : count >= 0.95 || count === 0 ? trimmed(count, 1) : trimmed(count, 2);
}

function trimmed(count: number, decimals: number): string {
  return `${Number(count.toFixed(decimals))}`;
}

/** How many a second. */
export function rate(count: number): string {
  return count >= 100 ? count.toFixed(0) : trimmed(count, 1);
}

/** How many, with k and M from a thousand on: "812", "41k", "1.3M". */
export function count(value: number): string {
  if (value < 1000) return `${Math.round(value)}`;
  const [scaled, unit] = value < 999_500
    ? [value / 1000, "k"]
    : value < 999_500_000
    ? [value / 1e6, "M"]
    : [value / 1e9, "G"];
  return `${scaled < 9.95 ? trimmed(scaled, 1) : scaled.toFixed(0)}${unit}`;
}

/** Bytes in binary units: "812B", "11M", "1.6G". */
export function size(bytes: number): string {
  const units = ["B", "K", "M", "G", "T", "P"];
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value < 9.95 && unit > 0 ? trimmed(value, 1) : value.toFixed(0)}${units[unit]}`;
}

/** A time span: "12 s", "4 min", "2 h", "3 d". */
export function span(seconds: number): string {
  if (seconds < 90) return `${Math.floor(seconds)} s`;
  if (seconds < 5400) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** Hours, minutes and seconds of this place. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** The part of a whole in percent. */
export function percent(part: number): string {
  return `${Math.round(part * 100)}%`;
}

/** A number of things: "1 answer", "2 answers". */
export function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
