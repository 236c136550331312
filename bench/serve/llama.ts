/** llama.cpp in a process of its own, which answers several requests at a time. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Server } from "./server.ts";

export interface LlamaOptions {
  readonly threads: number;
  /** Answers at once. */
  readonly sequences: number;
  /** Tokens of prompt and answer of each. */
  readonly context: number;
}

interface Waiting {
  onToken(): void;
  onEnd(): void;
}

/** Loads a model into llama.cpp. */
export async function startLlama(
  model: string,
  { threads, sequences, context }: LlamaOptions,
): Promise<Server> {
  const script = fileURLToPath(new URL("llama.mjs", import.meta.url));
  const child = spawn("node", [
    script,
    model,
    ...[context * sequences, threads, sequences].map(String),
  ], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = new Map<number, Waiting>();
  const ready = Promise.withResolvers<void>();
  const gone = new Promise((resolve) => child.once("exit", resolve));
  void gone.then(() => ready.reject(new Error("llama.cpp ended; what it printed above says why.")));
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line === "ready") return ready.resolve();
    const id = Number(line);
    if (id >= 0) waiting.get(id)?.onToken();
    else waiting.get(-1 - id)?.onEnd();
  });
  await ready.promise;
  let requests = 0;
  return {
    async answer({ prompt, tokens, temperature = 1 }, onToken = () => {}) {
      const [id, sent] = [requests++, performance.now()];
      const arrivals: number[] = [];
      const ended = new Promise<void>((resolve) => {
        waiting.set(id, {
          onToken: () => onToken(arrivals.push(performance.now())),
          onEnd: resolve,
        });
      });
      child.stdin.write(
        `${JSON.stringify({ id, prompt, tokens, temperature })}\n`,
      );
      await Promise.race([ended, gone]);
      waiting.delete(id);
      return { sent, arrivals };
    },
    predict: () => Promise.resolve(undefined),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await gone;
    },
  };
}
