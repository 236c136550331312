/** Where the model of `skein up --model` comes from: this machine, or elsewhere after a question. */
import { access } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline/promises";
import { builtinModelPath } from "../models/builtin/mod.ts";
import {
  fetchModel,
  fetchWebFile,
  hubFromEnvironment,
  type HubReference,
  hubUrl,
  lookUp,
  lookUpWebFile,
  parseModelReference,
  pause,
} from "../models/hub/mod.ts";
import { formatBytes } from "../plans/mod.ts";
import { readFreeDisk, readMemory } from "../runtime/host/mod.ts";
import { CommandError } from "./command.ts";

/** A model that can be had. */
export interface ModelSource {
  /** What it is called, where its file's name does not say. */
  readonly name?: string;
  /** Fetches what is missing; the path of what is to be compiled. `onProgress` is told of bytes. */
  fetch(signal: AbortSignal, onProgress: (doneBytes: number, totalBytes: number | undefined) => void): Promise<string>;
}

export interface SourceOptions {
  /** Nobody is to be asked. */
  readonly yes: boolean;
  readonly signal: AbortSignal;
  /** Where files of other addresses than the hub's are kept. */
  readonly folder: string;
}

/** Less than this is fetched without a question. */
const UNASKED_BYTES = 100e6;

/**
 * Finds a model by its path, its name, or its address, and asks whether it may be fetched.
 * @throws {CommandError} where it is not there, or was not wanted; a HubError where it cannot be had.
 */
export async function findModel(text: string, options: SourceOptions): Promise<ModelSource> {
  if (text === "builtin") return local(builtinModelPath());
  const reference = parseModelReference(text, hubUrl());
  switch (reference.type) {
    case "path":
      return local(resolve(reference.path));
    case "hub":
      return await hubModel(text, reference, options);
    case "url":
      return await webModel(reference.url, options);
    default:
      return reference satisfies never;
  }
}

async function local(path: string): Promise<ModelSource> {
  await access(path).catch((error) => {
    const why = error.code === "ENOENT" ? "there is no such file or folder" : error.message;
    const names = "; models elsewhere are named like hf:OWNER/NAME or https://…/NAME.gguf";
    throw new CommandError(`The model ${path} cannot be read: ${why}${error.code === "ENOENT" ? names : ""}.`);
  });
  return { fetch: () => Promise.resolve(path) };
}

async function hubModel(text: string, reference: HubReference, options: SourceOptions): Promise<ModelSource> {
  const hub = await hubFromEnvironment();
  const listing = await lookUp(reference, hub, options.signal);
  const { repo, bytes, hereBytes, license, choice } = listing;
  const what = `${text}: ${choice.quantization}, ${formatBytes(bytes)}, from ${new URL(hub.url).host}/${repo}, ` +
    (license === undefined ? "no licence named" : `licence ${license}`);
  const notes = hereBytes >= bytes ? [] : [what, await roomFor(bytes, bytes - hereBytes, options.folder)];
  if (hereBytes < bytes) await confirm(notes, bytes - hereBytes, options);
  return {
    ...(choice.kind === "folder" ? { name: basename(repo) } : {}),
    fetch: (signal, onProgress) => fetchModel(listing, hub, { signal, onProgress: (done) => onProgress(done, bytes) }),
  };
}

async function webModel(url: string, options: SourceOptions): Promise<ModelSource> {
  const web = { folder: join(options.folder, "downloads"), fetch, pause };
  const file = await lookUpWebFile(url, web, options.signal);
  if (file.here) return { fetch: () => Promise.resolve(file.path) };
  const size = file.bytes === undefined ? "of a size that its server does not tell" : formatBytes(file.bytes);
  const notes = [
    `${basename(file.path)}, ${size}, from ${new URL(url).host}; nothing there says what its hash must be`,
  ];
  await confirm(notes, file.bytes ?? Infinity, options);
  const follow = (done: number, onProgress: (done: number, total: number | undefined) => void) =>
    onProgress(done, file.bytes);
  return {
    fetch: (signal, onProgress) => fetchWebFile(file, web, { signal, onProgress: (done) => follow(done, onProgress) }),
  };
}

/** Whether this device has room for a model, in words. @throws {CommandError} where its disk has none for the files. */
async function roomFor(bytes: number, missing: number, folder: string): Promise<string> {
  const disk = await readFreeDisk(folder).catch(() => 0);
  if (disk > 0 && disk < missing) {
    throw new CommandError(
      `The disk has ${formatBytes(disk)} free; ${
        formatBytes(missing)
      } are to be fetched, and the blocks made of them take as much again.`,
    );
  }
  const { availableBytes } = await readMemory();
  const free = `this device has ${formatBytes(availableBytes)} of memory free`;
  return availableBytes > 1.2 * bytes
    ? `${free}: room for all of it`
    : `${free}: the other devices of the mesh must hold the rest`;
}

/** Asks on the terminal. @throws {CommandError} where the answer is no, or nobody can be asked. */
async function confirm(notes: readonly string[], missing: number, { yes, signal }: SourceOptions): Promise<void> {
  if (yes || missing <= UNASKED_BYTES) return void process.stderr.write(`${notes.join("\n")}\n`);
  const size = Number.isFinite(missing) ? formatBytes(missing) : "it";
  if (process.stdin.isTTY !== true) {
    throw new CommandError(`${notes.join("; ")}. To fetch ${size} without being asked, add --yes.`, 2);
  }
  process.stderr.write(`${notes.join("\n")}\n`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`fetch ${size} now? [Y/n] `, { signal });
    if (!/^\s*(y|yes)?\s*$/i.test(answer)) throw new CommandError("Nothing was fetched.", 130);
  } finally {
    terminal.close();
  }
}
