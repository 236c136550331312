/** Fetching blobs from other devices' libraries: only what is missing, hash-checked, resumed where it was interrupted. */
import * as v from "valibot";
import type { Blob } from "../../models/manifest.ts";
import { BlobMismatchError, type BlobWriter, type BlockStore } from "../../models/store/block-store.ts";
import type { Ref, Reply, Sender } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import { libraryOf } from "../addresses.ts";
import { Holdings, Piece, PIECE_BYTES } from "./protocol.ts";

/** A piece that takes longer than this is asked for elsewhere. */
const PIECE_MILLISECONDS = 15_000;
/** Pieces asked for at once, so that the link is busy while answers travel. */
const PIECES_IN_FLIGHT = 4;

/** No device in reach gave a blob. */
export class FetchError extends Error {
  override readonly name = "FetchError";
  readonly #missing: ReadonlySet<string>;

  constructor(message: string, { missing = [], ...options }: ErrorOptions & { missing?: readonly Blob[] } = {}) {
    super(message, options);
    this.#missing = new Set(missing.map(({ sha256 }) => sha256));
  }

  /** Whether a blob is among those that nobody gave. */
  lacks({ sha256 }: Blob): boolean {
    return this.#missing.has(sha256);
  }
}

/** What a fetch needs. */
export interface FetchOptions {
  readonly store: BlockStore;
  readonly sender: Sender;
  /** Devices that may hold the blobs; this one is not asked. */
  readonly sources: readonly string[];
  readonly signal: AbortSignal;
  /** Hears how long a blob of so many bytes took from a device: what a link can really do. */
  readonly onTransfer: (from: string, bytes: number, milliseconds: number) => void;
  readonly clock: Clock;
  /** Bytes that are here so far, of those that were missing. */
  readonly onProgress: (doneBytes: number, totalBytes: number, from: string) => void;
  /** Whether nobody waits for it: then it takes half of the link at most, a piece at a time. Default: false. */
  readonly gently?: boolean;
}

/**
 * Brings the blobs that the store lacks, one after another; none where there is one that nobody has.
 * @throws {FetchError} where no source gives a blob; what came so far stays for the next try.
 */
export async function fetchBlobs(blobs: readonly Blob[], options: FetchOptions): Promise<void> {
  const { store } = options;
  const unique = [...new Map(blobs.map((blob) => [blob.sha256, blob])).values()];
  const held = await Promise.all(unique.map((blob) => store.has(blob)));
  const missing = unique.filter((_, index) => !held[index]);
  if (missing.length === 0) return;
  const holders = await findHolders(missing, options);
  const nowhere = missing.filter(({ sha256 }) => holders.get(sha256)?.length === 0);
  if (nowhere[0] !== undefined) throw couldNotFetch(nowhere[0], "no device in reach has it", nowhere);
  const total = missing.reduce((sum, blob) => sum + blob.bytes, 0);
  let done = 0;
  for (const blob of missing) {
    await fetchBlob(blob, holders.get(blob.sha256) ?? [], options, (bytes, from) => {
      options.onProgress(done + bytes, total, from);
    });
    done += blob.bytes;
  }
}

/** Which sources have which blobs. Sources that do not answer have none. */
async function findHolders(blobs: readonly Blob[], options: FetchOptions): Promise<Map<string, string[]>> {
  const { sender, sources, signal } = options;
  const holders = new Map<string, string[]>(blobs.map(({ sha256 }) => [sha256, []]));
  await Promise.all(sources.map(async (source) => {
    const parse = (value: unknown) => v.parse(Holdings, value);
    const outcome = await sender.ask(
      libraryOf(source),
      (replyTo: Ref<Reply<boolean[]>>) => ({
        type: "has" as const,
        blobs: blobs.map((blob) => ({ ...blob })),
        replyTo,
      }),
      {
        timeoutMs: PIECE_MILLISECONDS,
        signal,
        parse,
      },
    );
    if (outcome.type !== "reply") return;
    for (const [index, blob] of blobs.entries()) if (outcome.value[index]) holders.get(blob.sha256)?.push(source);
  }));
  return holders;
}

async function fetchBlob(
  blob: Blob,
  holders: readonly string[],
  options: FetchOptions,
  onBytes: (bytes: number, from: string) => void,
): Promise<void> {
  const reasons: string[] = [];
  for (const holder of holders) {
    let tried = await tryHolder(blob, holder, options, onBytes);
    // What an interrupted fetch had left was damaged, and is thrown away: the same device is asked for the whole.
    if (tried.type === "failed" && tried.resumed && tried.mismatch) {
      tried = await tryHolder(blob, holder, options, onBytes);
    }
    if (tried.type === "fetched") return;
    reasons.push(tried.reason);
  }
  throw couldNotFetch(blob, reasons.join("; "), [blob]);
}

function couldNotFetch({ sha256, bytes }: Blob, why: string, missing: readonly Blob[]): FetchError {
  return new FetchError(`The block ${sha256.slice(0, 12)} (${bytes} bytes) could not be fetched: ${why}.`, { missing });
}

type Tried =
  | { readonly type: "fetched" }
  | { readonly type: "failed"; readonly reason: string; readonly resumed: boolean; readonly mismatch: boolean };

async function tryHolder(
  blob: Blob,
  holder: string,
  options: FetchOptions,
  onBytes: (bytes: number, from: string) => void,
): Promise<Tried> {
  const writer = await options.store.receive(blob);
  const [begin, missing] = [options.clock.now(), blob.bytes - writer.offset];
  try {
    await copy(blob, holder, writer, options, (bytes) => onBytes(bytes, holder));
    if (missing >= PIECE_BYTES) options.onTransfer(holder, missing, options.clock.now() - begin);
    await writer.commit();
    return { type: "fetched" };
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof FetchError || error instanceof BlobMismatchError)) throw error;
    const mismatch = error instanceof BlobMismatchError;
    return { type: "failed", reason: error.message, resumed: missing < blob.bytes, mismatch };
  } finally {
    await writer.abandon();
  }
}

/** Copies what is missing of a blob, several pieces on their way at once, written in order. */
async function copy(
  blob: Blob,
  from: string,
  writer: BlobWriter,
  { sender, signal, clock, gently = false }: FetchOptions,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const read = (offset: number) => {
    const length = Math.min(PIECE_BYTES, blob.bytes - offset);
    return sender.ask(
      libraryOf(from),
      (replyTo: Ref<Reply<Piece>>) => ({ type: "read" as const, blob, offset, length, replyTo }),
      {
        timeoutMs: PIECE_MILLISECONDS,
        signal,
        parse: (value) => v.parse(Piece, value),
      },
    );
  };
  const pieces: ReturnType<typeof read>[] = [];
  let asked = writer.offset;
  for (let offset = writer.offset; offset < blob.bytes;) {
    const began = clock.now();
    for (; pieces.length < (gently ? 1 : PIECES_IN_FLIGHT) && asked < blob.bytes; asked += PIECE_BYTES) {
      pieces.push(read(asked));
    }
    const outcome = await pieces.shift();
    const bytes = outcome?.type === "reply" ? outcome.value.bytes : undefined;
    if (bytes === undefined || bytes.length !== Math.min(PIECE_BYTES, blob.bytes - offset)) {
      await Promise.all(pieces);
      signal.throwIfAborted();
      const why = outcome?.type === "reply" ? "it does not have it any more" : outcome?.reason;
      throw new FetchError(`${from} gave no piece at ${offset}: ${why}`);
    }
    await writer.append(bytes);
    offset += bytes.length;
    onBytes(offset);
    if (gently) await pause(clock.now() - began, clock, signal);
  }
}

/** Resolves after so many milliseconds, or at once where the fetch is given up. */
function pause(milliseconds: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(milliseconds, end);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}
