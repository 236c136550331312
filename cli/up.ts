/** skein up: this device's daemon, in the foreground. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import process from "node:process";
import packageJson from "../package.json" with { type: "json" };
import { type Daemon, startDaemon } from "../actors/daemon/mod.ts";
import { compileModel } from "../models/compile/mod.ts";
import { announceDaemon, type DataFolder, LogFile, openDataFolder } from "../runtime/host/mod.ts";
import { type Invite, isStrayStreamError } from "../runtime/mesh/mod.ts";
import { rememberedLimit } from "./disk-limit.ts";
import { readInvite } from "./join.ts";
import { Log } from "./log/log.ts";
import { both, logPrinter } from "./log/printer.ts";
import { findModel, type ModelSource } from "./model-source.ts";
import { readUpOptions, type UpOptions } from "./up-options.ts";
import { eventPrinter, type Printer } from "./up-output.ts";

export { USAGE } from "./up-options.ts";
/** How long others may take to take over what runs here, when the daemon is told to stop. */
const LEAVE_MILLISECONDS = 5000;
/** A signal that comes so long after the first is a second one. */
const SECOND_SIGNAL_MILLISECONDS = 500;

/** Runs the command until a signal ends it. */
export async function run(args: readonly string[]): Promise<number> {
  const options = readUpOptions(args);
  const invited = options.join === undefined ? {} : { invite: await readInvite(options.join) };
  const ending = new AbortController();
  const hurry = hurryAfter(ending);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => hurry.told(signal));
  const orphaned = watchLauncher(() => ending.abort("launcher"));
  const folder = await openDataFolder(options.dataDir);
  const lines = new LogFile(folder.path);
  const log = new Log({ lines, level: options.logLevel });
  const printed = eventPrinter(options.json, process.stdout.isTTY === true);
  const printer = both(printed, logPrinter(log, packageJson.version));
  const broken = liveOn(printer, (error) => ending.abort(error));
  if (lines.trouble !== undefined) {
    printed.event({ type: "warning", message: `There will be no log: ${lines.trouble}` });
  }
  try {
    const { model, yes, ...rest } = { ...options, ...invited };
    const source = model === undefined
      ? undefined
      : await findModel(model, { yes, signal: ending.signal, folder: folder.path });
    await serve({ ...rest, source }, folder, printer, { ending: ending.signal, hurry: hurry.signal });
  } catch (error) {
    log.write("error", "failed", failureOf(error));
    throw error;
  } finally {
    orphaned();
    broken();
    log[Symbol.dispose]();
    await folder.close();
  }
  return 0;
}

/** What the log says of what ended the daemon; and where it was, if nobody foresaw it: then it has no name of its own. */
function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const unforeseen = /^(Error|TypeError|RangeError|ReferenceError|SyntaxError)$/.test(error.name);
  return unforeseen ? error.stack ?? error.message : error.message;
}

/**
 * Tells the first signal from a second one, after which nothing is waited for. Ctrl-C comes twice by itself: from the terminal
 * and from the launcher.
 */
function hurryAfter(ending: AbortController): { readonly signal: AbortSignal; told(signal: string): void } {
  const hurry = new AbortController();
  let first: number | undefined;
  return {
    signal: hurry.signal,
    told(signal) {
      const now = performance.now();
      first ??= now;
      ending.abort(signal);
      if (now - first > SECOND_SIGNAL_MILLISECONDS) hurry.abort(signal);
    },
  };
}

/**
 * Runs a daemon until `ending` is aborted, and has it leave the mesh politely unless there is a hurry.
 * @throws what it was aborted with, if that is an error.
 */
async function serve(
  options: Omit<UpOptions, "model" | "yes"> & { readonly invite?: Invite; readonly source: ModelSource | undefined },
  folder: DataFolder,
  printer: Printer,
  { ending: told, hurry }: { readonly ending: AbortSignal; readonly hurry: AbortSignal },
): Promise<void> {
  const { name, source, quantize, disk, join: _join, dataDir: _dataDir, logLevel: _level, json: _json, ...rest } =
    options;
  const diskLimitBytes = await rememberedLimit(disk, folder);
  await using daemon = await startDaemon({
    ...rest,
    ...(diskLimitBytes === undefined ? {} : { diskLimitBytes }),
    name,
    version: packageJson.version,
    folder,
    cores: availableParallelism(),
    processBytes: () => process.memoryUsage().rss,
    processSeconds,
    onEvent: (event) => printer.event(event),
  });
  const ending = AbortSignal.any([told, daemon.asked]);
  const withdraw = await announce(daemon, folder, name);
  try {
    printer.ready({
      name,
      peerId: daemon.peerId,
      api: daemon.api,
      ...(options.api.keyed ? { keyFile: join(folder.path, "api.key") } : {}),
      addresses: daemon.addresses(),
      dataDir: folder.path,
      pid: process.pid,
    });
    if (source !== undefined) await offer(daemon, source, quantize, printer, ending);
    await ended(ending);
    if (!(ending.reason instanceof Error)) await daemon.leave(LEAVE_MILLISECONDS, hurry);
  } finally {
    await withdraw();
  }
  if (ending.reason instanceof Error) throw ending.reason;
  printer.stopping(String(ending.reason));
}

/** See `Host`. */
function processSeconds(): { computed: number; up: number } {
  const { user, system } = process.cpuUsage();
  return { computed: (user + system) / 1e6, up: process.uptime() };
}

/** Fetches and compiles the model, as far as it is not here already, and offers it to the mesh. */
async function offer(
  daemon: Daemon,
  source: ModelSource,
  quantize: UpOptions["quantize"],
  printer: Printer,
  signal: AbortSignal,
): Promise<void> {
  let path: string | undefined;
  const make = async (signal: AbortSignal) => {
    path ??= await source.fetch(signal, (done, total) => printer.fetchingModel(done, total));
    const model = path;
    return await compileModel(model, {
      store: daemon.store,
      quantize,
      signal,
      ...(source.name === undefined ? {} : { name: source.name }),
      onProgress: ({ block, blocks }) => printer.compiling(model, block, blocks),
    });
  };
  try {
    const manifest = await make(signal);
    printer.compiled(manifest);
    daemon.offer(manifest, make);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function announce(daemon: Daemon, folder: DataFolder, name: string): Promise<() => Promise<void>> {
  const record = {
    pid: process.pid,
    api: daemon.api,
    dataDir: folder.path,
    name,
    addresses: daemon.addresses(),
    startedAt: Date.now(),
  };
  await folder.write("daemon.json", JSON.stringify(record));
  const withdraw = await announceDaemon(record);
  return async () => {
    await withdraw();
    await folder.remove("daemon.json");
  };
}

/** Goes on after errors that say nothing new, and ends in order after others; returns the end of watching. */
function liveOn(printer: Printer, end: (error: Error) => void): () => void {
  const onError = (thrown: unknown): void => {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    if (isStrayStreamError(error)) {
      printer.event({ type: "warning", message: `A connection closed while it was written to: ${error.message}` });
    } else end(error);
  };
  process.on("uncaughtException", onError);
  process.on("unhandledRejection", onError);
  return () => {
    process.off("uncaughtException", onError);
    process.off("unhandledRejection", onError);
  };
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Calls `gone` when the launcher that started this process has died without a word; returns the end of watching. */
function watchLauncher(gone: () => void): () => void {
  const launcher = Number(process.env["SKEIN_LAUNCHER"]);
  if (!(launcher > 0)) return () => {};
  if (process.ppid !== launcher) gone();
  const timer = setInterval(() => {
    if (process.ppid !== launcher) gone();
  }, 1000);
  return () => clearInterval(timer);
}
