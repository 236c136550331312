/** Fetches a file over HTTP into place: goes on where an earlier attempt ended, and believes nothing but the hash. */
import { createHash, type Hash } from "node:crypto";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errorText } from "../error-text.ts";
import { feedFile } from "../store/hash-file.ts";
import { HubError, persist, refuse, SILENCE_MILLISECONDS, TransientError, type TryOptions } from "./http.ts";

export interface Download extends TryOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For people. */
  readonly what: string;
  /** Where it is put once it is whole and right. */
  readonly path: string;
  /** Length and hash as the hub lists them; without them whatever comes whole is believed. */
  readonly bytes?: number | undefined;
  readonly digest?: Digest | undefined;
  readonly fetch: typeof fetch;
  readonly onProgress: (doneBytes: number) => void;
}

/** A hash to compare with. `git-blob` is SHA-1 over `blob LENGTH\0` and the bytes. */
export interface Digest {
  readonly algorithm: "sha256" | "git-blob";
  readonly hex: string;
}

/** Fetches the file. @throws {HubError} where it cannot be had or is not what it should be. */
export async function download(wanted: Download): Promise<void> {
  await mkdir(dirname(wanted.path), { recursive: true });
  const partial = `${wanted.path}.incomplete`;
  let done = await stat(partial).then(({ size }) => size, () => 0);
  if (wanted.bytes !== undefined && done > wanted.bytes) {
    await rm(partial);
    done = 0;
  }
  await persist(
    async () => {
      if (wanted.bytes !== undefined && done === wanted.bytes) return;
      await receive(wanted, partial, done, (at) => wanted.onProgress(done = at));
    },
    () => done,
    wanted,
  );
  await check(wanted, partial);
  await rename(partial, wanted.path);
}

/** Writes what comes from `from` on; the server may begin at 0 instead. */
async function receive(wanted: Download, partial: string, from: number, reached: (at: number) => void): Promise<void> {
  const silence = new AbortController();
  const signal = AbortSignal.any([wanted.signal, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENCE_MILLISECONDS);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MILLISECONDS);
  };
  try {
    const { body, at, total } = await request(wanted, from, signal);
    await using file = await openAt(partial, at);
    let position = at;
    reached(position);
    for await (const chunk of body) {
      heard();
      await file.write(chunk, position);
      reached(position += chunk.length);
    }
    if (total !== undefined && position !== total) throw new TransientError(`${wanted.what} broke off`);
  } catch (error) {
    if (wanted.signal.aborted || error instanceof HubError || error instanceof TransientError) throw error;
    const why = silence.signal.aborted ? `nothing came for ${SILENCE_MILLISECONDS / 1000} seconds` : errorText(error);
    throw new TransientError(`${wanted.what} could not be fetched: ${why}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** The bytes from `at` on, and how long the whole is. */
async function request({ fetch, url, headers, what, bytes }: Download, from: number, signal: AbortSignal) {
  const range: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
  // Lengths and positions are those of the file only where it comes as it is.
  const response = await fetch(url, { headers: { "accept-encoding": "identity", ...headers, ...range }, signal });
  if (response.status === 416) return { body: [], at: 0, total: bytes };
  if (!response.ok) {
    await response.body?.cancel();
    refuse(response.status, what, response.headers);
  }
  const at = response.status === 206 ? from : 0;
  const length = Number(response.headers.get("content-length") ?? NaN);
  return { body: response.body ?? [], at, total: Number.isFinite(length) ? at + length : bytes };
}

async function openAt(path: string, at: number) {
  const file = await open(path, at > 0 ? "r+" : "w", 0o600);
  return {
    async write(chunk: Uint8Array, position: number): Promise<void> {
      for (let written = 0; written < chunk.length;) {
        written += (await file.write(chunk, written, chunk.length - written, position + written)).bytesWritten;
      }
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** Compares length and hash; what is wrong is removed, so that it is fetched anew. */
async function check({ what, bytes, digest }: Download, partial: string): Promise<void> {
  const { size } = await stat(partial);
  const wrong = bytes !== undefined && size !== bytes
    ? `it has ${size} bytes instead of ${bytes}`
    : digest !== undefined && await hashOf(partial, digest.algorithm, size) !== digest.hex
    ? "its hash is not the one that the hub lists"
    : undefined;
  if (wrong === undefined) return;
  await rm(partial);
  throw new HubError(`${what} came damaged: ${wrong}. It has been removed; try again.`);
}

async function hashOf(path: string, algorithm: Digest["algorithm"], bytes: number): Promise<string> {
  const hash: Hash = createHash(algorithm === "sha256" ? "sha256" : "sha1");
  if (algorithm === "git-blob") hash.update(`blob ${bytes}\0`);
  await feedFile(path, hash);
  return hash.digest("hex");
}
