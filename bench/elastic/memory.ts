/**
 * Command: loads a model file, reads a prompt and says some tokens at each of its levels, and prints what memory that took:
 * `{"before": bytes, "after": bytes}` of anonymous memory. In a process of its own, so that nothing else is counted.
 *
 *     deno run --allow-all --no-check bench/elastic/memory.ts FILE all|highest
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { decodeTokens, readPrompt } from "./measure.ts";
import { openModel } from "./open-model.ts";

/** Anonymous memory of a process, in bytes. */
export interface MemoryUse {
  /** Before the model. */
  readonly before: number;
  /** With its weights, and the caches of a sequence of each level. */
  readonly after: number;
}

/** What a model takes that runs at all of its levels, or at the highest only. Needs Linux. */
export function memoryOf(model: string, levels: "all" | "highest"): MemoryUse {
  const words = ["run", "--allow-all", "--no-check", fileURLToPath(import.meta.url), model, levels];
  return JSON.parse(execFileSync(process.execPath, words, { encoding: "utf8" })) as MemoryUse;
}

if (import.meta.main) {
  const [, , file = "", levels = "all"] = process.argv;
  const before = anonymousBytes();
  await using model = await openModel(file, 8);
  for (const runnable of levels === "all" ? model.runnables : model.runnables.slice(-1)) {
    await readPrompt(runnable, 64);
    await decodeTokens(runnable, 64, 16);
  }
  console.log(JSON.stringify({ before, after: anonymousBytes() } satisfies MemoryUse));
}

function anonymousBytes(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(status.match(/RssAnon:\s+(\d+) kB/)?.[1]) * 1024;
}
