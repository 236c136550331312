/** skein service: runs the daemon in the background, from log-in on. */
import { spawn } from "node:child_process";
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, resolve } from "node:path";
import process from "node:process";
import { findDaemons } from "../runtime/host/mod.ts";
import { CommandError } from "./command.ts";
import { launcherPath } from "./launcher-path.ts";
import { absolutePaths } from "./service/absolute-paths.ts";
import { forgetService, installedService, rememberService } from "./service/installed.ts";
import { launchd } from "./service/launchd.ts";
import type { Command, ServiceManager, ServiceSpec } from "./service/manager.ts";
import { systemd } from "./service/systemd.ts";
import { taskScheduler } from "./service/task-scheduler.ts";
import { readUpOptions } from "./up-options.ts";

export const USAGE = `skein service COMMAND: run this device's daemon in the background, from log-in on, without root.

  install [options]   install and start it; the options are those of skein up, such as --model builtin --name laptop
  status              how it is
  logs [options]      what it has written down; the options are those of skein logs, such as -f
  stop                stop it until the next log-in, or the next install
  uninstall           stop it and remove the service; keys, blocks and records stay
  show [options]      print what install would write, and do nothing

To join a mesh, first run skein up --join - once: the service needs no invite.
`;

const MANAGERS: Readonly<Record<string, ServiceManager>> = { linux: systemd, darwin: launchd, win32: taskScheduler };

/** Runs the command. */
export async function run([what, ...args]: readonly string[]): Promise<number> {
  if (what === "--help" || what === "-h") {
    process.stdout.write(USAGE);
    return 0;
  }
  const manager = serviceManager();
  if (manager === undefined) throw new CommandError(`There are no services on ${process.platform} that Skein knows.`);
  switch (what) {
    case "install":
      return await install(manager, args);
    case "show":
      process.stdout.write(manager.file(specOf(args)).text);
      return 0;
    case "status":
      requireNone(args);
      return await invoke(manager.status);
    case "logs":
      return await logs(manager, args);
    case "stop":
      requireNone(args);
      for (const command of manager.stop(manager.file(specOf([])).path)) await require(command);
      return 0;
    case "uninstall":
      requireNone(args);
      return await uninstall(manager);
    default:
      throw new CommandError(`${what === undefined ? "" : `There is no "service ${what}".\n\n`}${USAGE}`, 2);
  }
}

async function install(manager: ServiceManager, args: readonly string[]): Promise<number> {
  const { path, text } = manager.file(specOf(args));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o600 });
  await rememberService({ dataDir: resolve(readUpOptions(args).dataDir) });
  process.stdout.write(`  ${manager.name}  ${path}\n`);
  for (const command of manager.start(path)) await require(command);
  process.stdout.write("  started; skein shows how the mesh is, skein service logs what it does\n");
  for (const note of manager.notes) process.stdout.write(`  ${note}\n`);
  return 0;
}

async function uninstall(manager: ServiceManager): Promise<number> {
  const path = await serviceFile(manager);
  if (path === undefined) throw new CommandError("No service of Skein is installed here.");
  await removeService(manager, path);
  process.stdout.write(`  removed ${path}; keys, blocks and records stay in the data folder\n`);
  return 0;
}

/** What runs services on this platform; undefined where Skein knows nothing that does. */
export function serviceManager(): ServiceManager | undefined {
  return MANAGERS[process.platform];
}

/** The file of the service that is installed, or undefined. */
export async function serviceFile(manager: ServiceManager): Promise<string | undefined> {
  const { path } = manager.file(specOf([]));
  return await access(path).then(() => path, () => undefined);
}

/** Stops the service and removes it. What the platform's programs say goes to stderr. */
export async function removeService(manager: ServiceManager, path: string): Promise<void> {
  const { before, after } = manager.remove(path);
  // Where the programs are gone, nothing runs the service any more either.
  for (const command of before) await invoke(command, 2).catch(() => {});
  await rm(path, { force: true });
  for (const command of after) await invoke(command, 2).catch(() => {});
  for (const file of manager.leaves(homedir())) await rm(file, { force: true });
  await forgetService();
}

/** Shows the daemon's own log; what it says before it has one goes to the platform's. */
async function logs(manager: ServiceManager, args: readonly string[]): Promise<number> {
  const dataDir = (await installedService())?.dataDir;
  const { run } = await import("./logs.ts");
  try {
    return await run([...args, ...(dataDir === undefined ? [] : ["--data-dir", dataDir])]);
  } finally {
    const runs = (await findDaemons()).some((daemon) => dataDir === undefined || daemon.dataDir === dataDir);
    const command = manager.complaints(homedir()).join(" ");
    if (!runs) process.stderr.write(`It does not run now. What it said, should it not have started: ${command}\n`);
  }
}

/** What is to be run, once its options have been checked. @throws {CommandError} */
function specOf(args: readonly string[]): ServiceSpec {
  const { join: invited } = readUpOptions(args);
  if (invited !== undefined) {
    throw new CommandError(
      "A service joins no mesh: run skein up --join - once, stop it, then install the service.",
      2,
    );
  }
  const launcher = launcherPath();
  const runtime = process.env["SKEIN_RUNTIME"];
  const folders = ["SKEIN_STATE_DIR", "HF_HOME", "HF_ENDPOINT"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    command: [process.env["SKEIN_NODE"] ?? process.execPath, launcher, "up", ...absolutePaths(args, process.cwd())],
    environment: {
      ...Object.fromEntries(folders),
      ...(runtime === undefined ? {} : { SKEIN_RUNTIME: runtime }),
      NO_COLOR: "1",
    },
    home: homedir(),
    env: process.env,
  };
}

function requireNone([first]: readonly string[]): void {
  if (first !== undefined) throw new CommandError(`Unexpected argument ${JSON.stringify(first)}.\n\n${USAGE}`, 2);
}

async function require(command: Command): Promise<void> {
  const code = await invoke(command);
  if (code !== 0) throw new CommandError(`${command.join(" ")} ended with ${code}; the service may not run.`);
}

/** Runs a program with this one's input and output, or another for it; its exit code. @throws {CommandError} where it is not there. */
function invoke([program, ...args]: Command, output = 1): Promise<number> {
  const child = spawn(program, args, { stdio: [0, output, 2] });
  return new Promise((resolve, reject) => {
    child.on("error", () => reject(new CommandError(`${program} is not on this machine: services need it.`)));
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
