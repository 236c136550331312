/** Files in words, for people who are asked whether they may go. Pure. */
import { bytesOf, type Entry, type Shelved } from "./inventory.ts";
import type { LetGo } from "./protocol.ts";

/** How many files these are, how large, and of what. */
export function describeFiles(entries: readonly Entry[], models: readonly Pick<Shelved, "id" | "name">[]): LetGo {
  const names = new Map(models.map(({ id, name }) => [id, name]));
  const parts = new Map<string, number>();
  for (const entry of entries) {
    const what = wordsFor(entry, names);
    parts.set(what, (parts.get(what) ?? 0) + entry.file.bytes);
  }
  const sorted = [...parts].map(([what, bytes]) => ({ what, bytes })).sort((a, b) => b.bytes - a.bytes);
  return { files: entries.length, bytes: bytesOf(entries.map(({ file }) => file)), parts: sorted };
}

function wordsFor({ purpose, models: [model = ""] }: Entry, names: ReadonlyMap<string, string>): string {
  const name = names.get(model) ?? model.slice(0, 12);
  switch (purpose) {
    case "piece":
      return "half-fetched blocks";
    case "stray":
      return "blocks of no model";
    case "stored":
      return `blocks of ${name}, which is not served`;
    case "served":
      return `blocks of ${name} that run elsewhere, spare copies`;
    case "used":
      return `blocks of ${name} that run here`;
    default:
      return purpose satisfies never;
  }
}
