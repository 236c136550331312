/** skein up: this device's daemon, in the foreground. */
import { availableParallelism, hostname } from "node:os";
import { access } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import { type Daemon, startDaemon } from "../actors/daemon/mod.ts";
import { builtinModelPath } from "../models/builtin/mod.ts";
import { compileModel } from "../models/compile/mod.ts";
import { objectives, solverNames } from "../plans/mod.ts";
import { announceDaemon, type DataFolder, defaultDataFolder, openDataFolder } from "../runtime/host/mod.ts";
import { decodeInvite, isStrayStreamError } from "../runtime/mesh/mod.ts";
import { bytesOption, CommandError, numberOption, oneOf, parseCommand } from "./command.ts";
import { eventPrinter, type Printer } from "./up-output.ts";

const USAGE = `skein up [options]: start this device's daemon, in the foreground. Ctrl-C stops it.

  --model PATH        give the mesh this model: a GGUF file, a Hugging Face folder, or the word builtin
  --join INVITE       join the mesh of this invite (see skein invite)
  --name NAME         what to call this device (default: the host's name)
  --data-dir DIR      keys, blocks and records (default: ${defaultDataFolder()})
  --api HOST:PORT     where the API listens, on loopback (default 127.0.0.1:11411; port 0 picks a free one)
  --listen MULTIADDR  where the mesh listens, such as /ip4/0.0.0.0/tcp/4001; may be given again (default: all IPv4
                      addresses, on the port of the last run, at first a free one)
  --no-mdns           do not look for devices on the local network
  --memory SIZE       most memory for model blocks and caches, such as 2GiB (default: 80% of what is free)
  --threads N         threads for computing (default: what is measured best at the first start, 8 at most)
  --json              print one JSON line per event

With --model only; these travel with the model and count for the whole mesh:
  --quantize HOW      weights that are not Q4_0, Q4_K or Q8_0: keep (Q5_K, Q6_K: 8 bits), 8, or 4 (default keep)
  --context N         most tokens of prompt and answer together (default 4096; at most what the model was trained for)
  --concurrency N     answers that are computed at once (default 4)
  --objective WHAT    latency (default), throughput, lingualinked, or even (split by free memory, plan nothing)
  --solver WHO        who places: ${solverNames.join(", ")} (default exact, with a second opinion by linear)
  --private-layers K  keep the embedding and the first K layers on this device and the trusted ones
  --private-head      keep the head there too
  --trusted NAME      a device that may see what is private; may be given again
  --only NAME         only these devices take part; may be given again
  --exclude NAME      this device takes no part; may be given again

For trials:
  --slowdown X        pretend to be X times slower; skein plan and skein inspect say so
`;

/** Runs the command until a signal ends it. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommand(args, {
    model: { type: "string" },
    quantize: { type: "string", default: "keep" },
    join: { type: "string" },
    name: { type: "string", default: hostname() },
    "data-dir": { type: "string", default: defaultDataFolder() },
    api: { type: "string", default: "127.0.0.1:11411" },
    listen: { type: "string", multiple: true },
    "no-mdns": { type: "boolean", default: false },
    memory: { type: "string" },
    threads: { type: "string" },
    context: { type: "string", default: "4096" },
    concurrency: { type: "string", default: "4" },
    objective: { type: "string", default: "latency" },
    solver: { type: "string" },
    "private-layers": { type: "string", default: "0" },
    "private-head": { type: "boolean", default: false },
    trusted: { type: "string", multiple: true, default: [] },
    only: { type: "string", multiple: true, default: [] },
    exclude: { type: "string", multiple: true, default: [] },
    slowdown: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  }, USAGE);
  const quantize = values.quantize;
  if (quantize !== "keep" && quantize !== "4" && quantize !== "8") {
    throw new CommandError(`--quantize is ${JSON.stringify(quantize)}; it must be keep, 8 or 4.`, 2);
  }
  const api = parseApi(values.api);
  const memoryLimitBytes = bytesOption("memory", values.memory);
  const threads = numberOption("threads", values.threads, { min: 1, max: 256, integer: true });
  const context = numberOption("context", values.context, { min: 16, max: 1 << 20, integer: true }) ?? 4096;
  const concurrency = numberOption("concurrency", values.concurrency, { min: 1, max: 64, integer: true }) ?? 4;
  const slowdown = numberOption("slowdown", values.slowdown, { min: 1, max: 100 }) ?? 1;
  const policy = {
    objective: oneOf("objective", values.objective, [...objectives, "even"]),
    ...(values.solver === undefined ? {} : { solver: oneOf("solver", values.solver, solverNames) }),
    privateLayers: numberOption("private-layers", values["private-layers"], { min: 0, max: 1024, integer: true }) ?? 0,
    privateHead: values["private-head"],
    only: values.only,
    exclude: values.exclude,
    trusted: values.trusted,
    context,
    concurrency,
  };
  const invite = values.join === undefined ? undefined : decodeInvite(values.join);
  const model = values.model === "builtin" ? builtinModelPath() : values.model && resolve(values.model);
  if (model !== undefined) await requireReadable(model);
  if (values.name.length === 0 || values.name.length > 64) {
    throw new CommandError("--name must have 1 to 64 characters.", 2);
  }

  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => ending.abort(signal));
  const orphaned = watchLauncher(() => ending.abort("launcher"));
  const printer = eventPrinter(values.json, process.stdout.isTTY === true);
  const broken = liveOn(printer, (error) => ending.abort(error));
  const folder = await openDataFolder(values["data-dir"]);
  try {
    await using daemon = await startDaemon({
      name: values.name,
      folder,
      api,
      ...(values.listen === undefined ? {} : { listen: values.listen }),
      ...(invite === undefined ? {} : { invite }),
      mdns: !values["no-mdns"],
      ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
      ...(threads === undefined ? {} : { threads }),
      cores: availableParallelism(),
      policy,
      slowdown,
      processBytes: () => process.memoryUsage().rss,
      onEvent: (event) => printer.event(event),
    });
    const withdraw = await announce(daemon, folder, values.name);
    printer.ready({
      name: values.name,
      peerId: daemon.peerId,
      api: daemon.api,
      invite: daemon.invite(),
      addresses: daemon.addresses(),
      dataDir: folder.path,
      pid: process.pid,
    });
    try {
      if (model !== undefined) await offer(daemon, model, quantize, printer, ending.signal);
      await ended(ending.signal);
    } finally {
      await withdraw();
    }
    if (ending.signal.reason instanceof Error) throw ending.signal.reason;
    printer.stopping(String(ending.signal.reason));
  } finally {
    orphaned();
    broken();
    await folder.close();
  }
  return 0;
}

/** Compiles the model, unless its blocks are there already, and offers it to the mesh. */
async function offer(
  daemon: Daemon,
  path: string,
  quantize: "keep" | "4" | "8",
  printer: Printer,
  signal: AbortSignal,
): Promise<void> {
  try {
    const manifest = await compileModel(path, {
      store: daemon.store,
      quantize,
      signal,
      onProgress: ({ block, blocks }) => printer.compiling(path, block, blocks),
    });
    printer.compiled(manifest);
    daemon.offer(manifest);
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

/** HOST:PORT, on loopback: beyond it anybody could read what is asked here. */
function parseApi(text: string): { host: string; port: number } {
  const match = text.match(/^(127(?:\.\d{1,3}){3}|localhost|\[::1\]):(\d{1,5})$/);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535) {
    throw new CommandError(
      `--api is ${JSON.stringify(text)}; it must be a loopback address and a port, such as 127.0.0.1:11411. ` +
        `To ask from another device, run a daemon there and join the mesh.`,
      2,
    );
  }
  return { host: match[1].replace(/^\[|\]$/g, ""), port };
}

async function requireReadable(model: string): Promise<void> {
  await access(model).catch((error) => {
    throw new CommandError(
      `The model ${model} cannot be read: ${
        error.code === "ENOENT" ? "there is no such file or folder" : error.message
      }.`,
    );
  });
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
