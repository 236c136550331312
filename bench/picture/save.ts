/** Where benchmarks put what they measured: as JSON, and drawn beside it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { dirname, extname } from "node:path";
import type { Picture } from "./chart.ts";
import { draw } from "./draw.ts";

/** Writes a result as JSON, and its picture as FILE.svg beside FILE.json. */
export function saveResult(
  file: string,
  result: unknown,
  picture: Picture,
): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  savePicture(
    `${file.slice(0, file.length - extname(file).length)}.svg`,
    picture,
  );
}

/** Writes a picture; nothing where there is nothing to draw. */
export function savePicture(file: string, picture: Picture): void {
  if (picture.charts.length === 0) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, draw(picture));
}

/** The machine in a few words, with how busy it was: figures mean nothing without. */
export function machineOf(): string {
  const load = loadavg()[0]?.toFixed(1) ?? "?";
  return `${cpus()[0]?.model.trim() ?? "?"}, ${availableParallelism()} cores, load ${load}`;
}
