/** A model file at an address that is not the hub's. Nothing lists its hash there: it is believed as it comes whole. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { errorText } from "../error-text.ts";
import { download } from "./download.ts";
import { persist, refuse, TransientError, type TryOptions } from "./http.ts";

export interface WebOptions {
  /** Where files are kept, each below a name made of its address. */
  readonly folder: string;
  readonly fetch: typeof fetch;
  readonly pause: TryOptions["pause"];
}

/** A file that is there to be fetched. */
export interface WebFile {
  readonly url: string;
  /** Undefined where the server does not say. */
  readonly bytes: number | undefined;
  /** Where it is, or will be. */
  readonly path: string;
  readonly here: boolean;
}

/** What an address has. @throws {HubError} */
export async function lookUpWebFile(
  url: string,
  { folder, fetch, pause }: WebOptions,
  signal: AbortSignal,
): Promise<WebFile> {
  const name = basename(decodeURIComponent(new URL(url).pathname));
  const path = join(folder, createHash("sha256").update(url).digest("hex").slice(0, 16), name);
  if (await stat(path).then(() => true, () => false)) return { url, bytes: undefined, path, here: true };
  const length = await persist(() => lengthOf(url, fetch, signal), () => 0, { pause, signal });
  return { url, bytes: length, path, here: false };
}

async function lengthOf(url: string, fetch: WebOptions["fetch"], signal: AbortSignal): Promise<number | undefined> {
  let response: Response;
  try {
    response = await fetch(url, { method: "HEAD", headers: { "accept-encoding": "identity" }, signal });
  } catch (error) {
    throw new TransientError(`${url} could not be reached: ${errorText(error)}`, { cause: error });
  }
  // Some servers do not answer HEAD: then the length is not known before.
  if (response.status === 405 || response.status === 501) return undefined;
  if (!response.ok) refuse(response.status, url, response.headers);
  const length = Number(response.headers.get("content-length") ?? NaN);
  return Number.isFinite(length) ? length : undefined;
}

/** Fetches it; returns its path. @throws {HubError} */
export async function fetchWebFile(
  { url, bytes, path, here }: WebFile,
  { fetch, pause }: WebOptions,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (doneBytes: number) => void },
): Promise<string> {
  if (!here) await download({ url, headers: {}, what: url, path, bytes, fetch, pause, signal, onProgress });
  return path;
}
