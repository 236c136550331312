/** llama.cpp in a process of its own, for comparison. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Measurement } from "./measurement.ts";

const bench = fileURLToPath(new URL("..", import.meta.url));

/** A loaded llama.cpp. */
export interface Llama {
  measure(): Promise<Measurement>;
  stop(): void;
}

/** Installs node-llama-cpp for the benchmarks unless it is there (700 MB). */
export function installLlama(): void {
  if (existsSync(`${bench}/node_modules/node-llama-cpp`)) return;
  console.error("installing node-llama-cpp into bench/ (700 MB)…");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: bench, stdio: "inherit" });
}

/** Loads a model with one thread; each `measure` is one prompt in a fresh context. */
export async function startLlama(model: string, promptTokens: number, decodeTokens: number): Promise<Llama> {
  const child = spawn("node", [`${bench}/decode/llama.mjs`, model, String(promptTokens), String(decodeTokens), "1"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    async measure() {
      child.stdin.write("\n");
      const { value, done } = await lines.next();
      if (done === true) throw new Error("llama.cpp ended before it answered.");
      return JSON.parse(value) as Measurement;
    },
    stop: () => child.stdin.end(),
  };
}
