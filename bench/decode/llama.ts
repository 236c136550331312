/** llama.cpp in a process of its own, for comparison. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Contestant, promptOf, rateTogether } from "./contestant.ts";

const bench = fileURLToPath(new URL("..", import.meta.url));

export interface LlamaOptions {
  /** Tokens of prompt and answer; llama.cpp shares them among its sequences. */
  readonly context: number;
  readonly threads: number;
  /** Prompts at once. Default: 1. */
  readonly sequences?: number;
}

/** Installs node-llama-cpp for the benchmarks unless it is there (700 MB). */
export function installLlama(): void {
  if (existsSync(`${bench}/node_modules/node-llama-cpp`)) return;
  console.error("installing node-llama-cpp into bench/ (700 MB)…");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: bench,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** Loads a model into llama.cpp. */
export async function startLlama(
  model: string,
  options: LlamaOptions,
): Promise<Contestant> {
  const { context, threads, sequences = 1 } = options;
  const parameters = [model, context, threads, sequences].map(String);
  const child = spawn("node", [`${bench}/decode/llama.mjs`, ...parameters], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })
    [Symbol.asyncIterator]();

  async function next(): Promise<string> {
    const { value, done } = await lines.next();
    if (done === true) {
      throw new Error(
        "llama.cpp ended before it answered; what it printed above says why.",
      );
    }
    return value;
  }
  async function ask(
    prompts: readonly number[][],
    tokens: number,
  ): Promise<number[][]> {
    child.stdin.write(`${JSON.stringify({ prompts, tokens })}\n`);
    return JSON.parse(await next()) as number[][];
  }

  await next();
  return {
    async measure(promptTokens, tokens) {
      const [times = []] = await ask([promptOf(promptTokens)], tokens);
      const [first = NaN] = times;
      return {
        prefill: first,
        decode: ((times.at(-1) ?? NaN) - first) / (times.length - 1),
      };
    },
    async together(prompts, tokens) {
      return rateTogether(
        await ask(
          Array.from({ length: prompts }, (_, which) => promptOf(16, which)),
          tokens,
        ),
      );
    },
    memory: () => Promise.resolve([]),
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.stdin.end();
      await gone;
    },
  };
}
