#!/usr/bin/env node
// The launcher: plain JavaScript for any Node >= 18. It finds a runtime (Deno from the npm package `deno`, else
// Node >= 24) and hands over to it: cli/main.ts in a clone, the JavaScript made from it (lib/) where Skein is installed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const inClone = existsSync(join(root, "cli", "main.ts"));
const main = inClone ? join(root, "cli", "main.ts") : join(root, "lib", "cli", "main.js");

/** The path of Deno's binary, or undefined where its npm package has none for this platform. */
function findDeno() {
  const glibc = process.platform === "linux" ? "-glibc" : "";
  const binary = process.platform === "win32" ? "deno.exe" : "deno";
  try {
    const resolve = createRequire(join(root, "package.json")).resolve;
    const folder = dirname(resolve(`@deno/${process.platform}-${process.arch}${glibc}/package.json`));
    const path = join(folder, binary);
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** The command that runs the program here: `[program, ...arguments]`. */
function findRuntime() {
  const wanted = process.env.SKEIN_RUNTIME;
  const deno = wanted === "node" ? undefined : findDeno();
  if (deno !== undefined) {
    // All permissions: reading memory limits below /proc asks for them, and a native library is loaded anyway.
    const settings = inClone ? ["--config", join(root, "deno.json")] : ["--no-config", "--node-modules-dir=manual"];
    return [deno, "run", "--quiet", "--allow-all", "--no-check", ...settings, main];
  }
  if (wanted !== "deno" && Number(process.versions.node.split(".")[0]) >= 24) {
    return [process.execPath, "--disable-warning=ExperimentalWarning", main];
  }
  process.stderr.write(
    `skein: found no runtime: the npm package "deno" has no binary here (${process.platform}-${process.arch}) ` +
      `and this Node is ${process.versions.node}. ${
        inClone ? `Run "npm ci" in ${root}` : "Install it without --omit=optional"
      }, or use Node 24 or newer.\n`,
  );
  process.exit(1);
}

/**
 * Takes an invite off a command line, which every user of the machine can read for as long as its process runs. Returns
 * the arguments with "-", for standard input, in its place, and the invite; undefined where there is none.
 */
function hideInvite(given) {
  const args = given.flatMap((arg) => arg.startsWith("--join=") ? ["--join", arg.slice("--join=".length)] : [arg]);
  const place = args.findIndex((arg, index) => args[index - 1] === "--join" && /^\s*skein\d+-/i.test(arg));
  const [invite] = place < 0 ? [] : args.splice(place, 1, "-");
  return { args, invite };
}

const { args, invite } = hideInvite(process.argv.slice(2));
if (invite !== undefined) {
  // On Linux and macOS this writes over this process's own command line.
  process.title = "skein up";
  if (process.env.npm_command === "exec") {
    process.stderr.write(
      "skein: npx keeps the invite in its own command line, where every user of this machine can read it while it runs. " +
        "Better: --join - (and paste it), or --join FILE.\n",
    );
  }
}
/** Replaces this process by the program, where the platform and this Node can; returns where they cannot. */
function handOver(program, args, env) {
  if (typeof process.execve !== "function" || process.platform === "win32") return;
  // Its warning that it is experimental is for developers.
  process.removeAllListeners("warning");
  process.execve(program, [program, ...args], env);
}

/** Runs the program as a child, passes signals on, and ends as it does. */
function runChild(program, args, env, input) {
  const child = spawn(program, args, {
    stdio: [input === undefined ? "inherit" : "pipe", "inherit", "inherit"],
    env: { ...env, SKEIN_LAUNCHER: String(process.pid) },
  });
  // A signal sent to this process alone must reach the child too; after Ctrl-C the child has it twice and does not mind.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  child.on("error", (error) => {
    process.stderr.write(`skein: could not start ${program}: ${error.message}\n`);
    process.exit(1);
  });
  child.on(
    "exit",
    (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + (signal === "SIGINT" ? 2 : 15)),
  );
}

if (!existsSync(main)) {
  process.stderr.write(
    `skein: ${root} has no program in it: npm pack made it without its scripts. Make it with "npm run package".\n`,
  );
  process.exit(1);
}
const [program, ...before] = findRuntime();
const { SKEIN_LAUNCHER: _another, ...inherited } = process.env;
const env = {
  ...inherited,
  // Nothing leaves the user's devices: ONNX Runtime sends telemetry unless it is told not to (see models/compute/no-telemetry.ts).
  ORT_DISABLE_TELEMETRY: "1",
  ORT_TELEMETRY_DISABLED: "1",
  SKEIN_NODE: process.execPath,
  DENO_NO_UPDATE_CHECK: "1",
};
// An invite goes to the program through a pipe, and somebody has to write it.
if (invite === undefined) handOver(program, [...before, ...args], env);
runChild(program, [...before, ...args], env, invite);
