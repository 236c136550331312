/** llama.cpp in a process of its own, for comparison. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Measurement } from "./measurement.ts";

const bench = fileURLToPath(new URL("..", import.meta.url));

/** A loaded llama.cpp. */
export interface Llama {
  /** One prompt in a fresh context. */
  measure(promptTokens: number, decodedTokens: number): Promise<Measurement>;
  stop(): void;
}

/** Installs node-llama-cpp for the benchmarks unless it is there (700 MB). */
export function installLlama(): void {
  if (existsSync(`${bench}/node_modules/node-llama-cpp`)) return;
  console.error("installing node-llama-cpp into bench/ (700 MB)…");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: bench,
    stdio: "inherit",
  });
}

/** Loads a model with one thread. */
export async function startLlama(
  model: string,
  context: number,
): Promise<Llama> {
  const child = spawn("node", [
    `${bench}/decode/llama.mjs`,
    model,
    String(context),
    "1",
  ], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })
    [Symbol.asyncIterator]();
  await lines.next();
  return {
    async measure(promptTokens, decodedTokens) {
      child.stdin.write(`${promptTokens} ${decodedTokens}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error("llama.cpp ended before it answered.");
      return JSON.parse(value) as Measurement;
    },
    stop: () => child.stdin.end(),
  };
}
