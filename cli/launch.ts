/** Starting daemons as processes of their own, and stopping them for sure. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import * as v from "valibot";
import { routes } from "../actors/gateway/api.ts";
import { CommandError } from "./command.ts";
import { launcherPath } from "./launcher-path.ts";
import { callAsOwner } from "./owner.ts";
import { Ready } from "./up-output.ts";

type Listener = (event: { readonly type: string }) => void;

/** A daemon in a process of its own. */
export interface LaunchedDaemon {
  readonly ready: Ready;
  /** The process of the launcher; `ready.pid` is the daemon's own. */
  readonly pid: number;
  /** An invite to its mesh, for one device. `api`: where its API is reached, if not by the address that it gives. */
  invite(api?: string): Promise<string>;
  /** Its events after "ready". */
  onEvent(listener: Listener): void;
  /** Rejects when the process ends unasked. */
  readonly failed: Promise<never>;
  /** Ends it with SIGTERM, with another one where it takes its time to leave, and with SIGKILL where that does not help. */
  stop(): Promise<void>;
}

/** How long a daemon may take to be ready. */
const READY_MILLISECONDS = 60_000;
/** How long it may take to leave politely, and how long to stop. */
const LEAVE_MILLISECONDS = 1000;
const STOP_MILLISECONDS = 5000;

/** How a daemon is started. */
export interface LaunchOptions {
  readonly signal?: AbortSignal | undefined;
  /** The mesh to join. */
  readonly invite?: string | undefined;
  /** The program that runs the launcher. Default: Node. */
  readonly node?: string | undefined;
}

/** Runs `skein up --json` with these arguments, and with an invite to join by; resolves when it is ready. @throws {CommandError} with its words where it fails. */
export async function launchDaemon(
  args: readonly string[],
  { signal, invite, node = process.env["SKEIN_NODE"] ?? "node" }: LaunchOptions = {},
): Promise<LaunchedDaemon> {
  const launcher = launcherPath();
  const joining = invite === undefined ? [] : ["--join", "-"];
  const child = spawn(node, [launcher, "up", "--json", ...args, ...joining], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {});
  child.stdin.end(invite ?? "");
  const listeners: Listener[] = [];
  const ready = readEvents(child.stdout, listeners);
  const { failed, stop, words } = endOf(child);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new CommandError(`A daemon was not ready in ${READY_MILLISECONDS / 1000} seconds. ${words()}`)),
    READY_MILLISECONDS,
  );
  signal?.addEventListener("abort", () => late.reject(signal.reason), { once: true });
  late.promise.catch(() => {});
  try {
    const who = await Promise.race([ready, failed, late.promise]);
    return {
      ready: who,
      pid: child.pid ?? 0,
      invite: async (api = who.api) => (await callAsOwner({ ...who, api }, routes.invite, {})).invite,
      onEvent: (listener) => void listeners.push(listener),
      failed,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Hands the daemon's events on; resolves to its first one, which says who it is. */
function readEvents(output: Readable, listeners: readonly Listener[]): Promise<Ready> {
  return new Promise((resolve) => {
    createInterface({ input: output }).on("line", (line) => {
      const event = JSON.parse(line) as { readonly type: string };
      if (event.type === "ready") resolve(v.parse(Ready, event));
      else for (const listener of listeners) listener(event);
    });
  });
}

interface Ending extends Pick<LaunchedDaemon, "failed" | "stop"> {
  /** The latest that it said on stderr. */
  words(): string;
}

/** How a daemon ends: by itself, which is a failure told in its last words, or when it is asked to. */
function endOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Ending {
  let errors = "";
  child.stderr.on("data", (chunk) => errors = (errors + chunk).slice(-4000));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let stopping = false;
  const failed = exited.then(() => {
    if (stopping) return new Promise<never>(() => {});
    throw new CommandError(errors.trim().replace(/^skein: /, "") || "A daemon ended without a word.");
  });
  failed.catch(() => {});
  const stop = async (): Promise<void> => {
    stopping = true;
    child.kill("SIGTERM");
    const timers = [
      setTimeout(() => child.kill("SIGTERM"), LEAVE_MILLISECONDS),
      setTimeout(() => child.kill("SIGKILL"), STOP_MILLISECONDS),
    ];
    if (child.exitCode === null && child.signalCode === null) await exited;
    for (const timer of timers) clearTimeout(timer);
  };
  return { failed, stop, words: () => errors };
}
