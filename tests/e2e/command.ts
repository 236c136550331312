/** Runs the launcher as a person would. */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const launcher = fileURLToPath(new URL("../../bin/skein.js", import.meta.url));

/** What a command left behind. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `skein ...args` to its end, with `input` piped in; after `limitMilliseconds` it is killed and `code` is null. */
export function skein(
  args: readonly string[],
  limitMilliseconds = 60_000,
  env: Readonly<Record<string, string | undefined>> = process.env,
  input?: string,
): Promise<Ran> {
  const child = spawn(
    process.env["SKEIN_NODE"] ?? "node",
    [launcher, ...args],
    {
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      env,
      timeout: limitMilliseconds,
      killSignal: "SIGTERM",
    },
  );
  child.stdin?.end(input);
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk) => stdout += chunk);
  child.stderr?.on("data", (chunk) => stderr += chunk);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}
