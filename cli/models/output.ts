/** Models on a disk in words and columns. */
import type { Keeping, KnownModel, LetGo, Removed } from "../../actors/keeper/protocol.ts";
import { blocksIn, describeRuns } from "../../actors/block-runs.ts";
import { formatBytes } from "../../plans/mod.ts";
import { table } from "../table.ts";

/** A line for each model, and what else takes room; `now` in milliseconds since 1970. */
export function describeModels({ models, keptBytes, limitBytes, leftoverBytes }: Keeping, now: number): string {
  const rows = models.map((model) => [
    model.name,
    formatBytes(model.bytes),
    model.quantization,
    hereOf(model),
    model.on.join(" "),
    model.serving ? "now, serving" : ageOf(model.usedAt, now),
  ]);
  const limit = limitBytes === undefined ? "" : `, of ${formatBytes(limitBytes)} at most`;
  const left = leftoverBytes === 0 ? "" : `; ${formatBytes(leftoverBytes)} are left over: skein models prune`;
  const none = "No models here. Start a daemon with one: skein up --model MODEL (see skein up --help).\n";
  return (models.length === 0 ? none : table(["name", "size", "weights", "here", "on", "last used"], rows)) +
    (keptBytes + leftoverBytes === 0 && limitBytes === undefined
      ? ""
      : `\nkept for other than what runs here: ${formatBytes(keptBytes)}${limit}${left}\n`);
}

function hereOf({ here, blocks, hereBytes }: KnownModel): string {
  const count = blocksIn(here).size;
  if (count === blocks) return "all";
  if (count === 0) return hereBytes === 0 ? "none" : "pieces";
  return `blocks ${describeRuns(here)} of ${blocks}`;
}

function ageOf(usedAt: number, now: number): string {
  const minutes = Math.max(0, Math.floor((now - usedAt) / 60_000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}

/** What would go, or went. */
export function describeLetGo({ files, bytes, parts }: LetGo, done: boolean): string {
  if (files === 0) return "There is nothing to delete.\n";
  const lines = parts.map((part) => `  ${formatBytes(part.bytes).padStart(9)}  ${part.what}\n`);
  return `${lines.join("")}${formatBytes(bytes)} in ${files} ${files === 1 ? "file" : "files"}${
    done ? " deleted" : ""
  }\n`;
}

/** What went of a model. */
export function describeRemoved({ name, bytes, stayingBytes }: Extract<Removed, { type: "removed" }>): string {
  const staying = stayingBytes === 0
    ? ""
    : `; ${formatBytes(stayingBytes)} stay: they run here, are of another model too, or other devices fetch them`;
  return `${name}: ${formatBytes(bytes)} deleted${staying}\n`;
}
