/** Fetching a manifest from other devices' libraries: checked before it is kept, and kept before it is used. */
import * as v from "valibot";
import type { Manifest } from "../../models/manifest.ts";
import type { BlockStore } from "../../models/store/mod.ts";
import { validateManifest } from "../../models/validate-manifest.ts";
import type { Ref, Reply, Sender } from "../../runtime/actor/mod.ts";
import { errorText } from "../../runtime/error-text.ts";
import { libraryOf } from "../addresses.ts";
import { FetchError } from "./fetch.ts";
import { ManifestPiece, PIECE_BYTES } from "./protocol.ts";

/** A device that takes longer than this for a piece is given up, and the next one asked. */
const PIECE_MILLISECONDS = 5000;

/** Where manifests are kept on a device. */
export type ManifestShelf = Pick<BlockStore, "manifest" | "putManifest">;

/** What fetching a manifest needs. */
export interface FetchManifestOptions {
  readonly store: ManifestShelf;
  readonly sender: Sender;
  /** Devices that may know the model, asked one after another. */
  readonly sources: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * The manifest of a model: from the store, or from the first source that gives one whose content has this id.
 * @throws {FetchError} where no source gives it; the signal's reason where it was aborted.
 */
export async function fetchManifest(model: string, options: FetchManifestOptions): Promise<Manifest> {
  const { store, sources, signal } = options;
  const known = await store.manifest(model);
  if (known !== undefined) return known;
  const reasons: string[] = [];
  for (const source of sources) {
    signal.throwIfAborted();
    try {
      const manifest = parse(model, await copy(model, source, options));
      await store.putManifest(manifest);
      return manifest;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof FetchError)) throw error;
      reasons.push(error.message);
    }
  }
  const why = reasons.length === 0 ? "no device in reach knows it" : reasons.join("; ");
  throw new FetchError(`The manifest of the model ${model.slice(0, 12)} could not be fetched: ${why}.`);
}

function parse(model: string, bytes: Uint8Array): Manifest {
  try {
    const manifest = validateManifest(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
    if (manifest.id === model) return manifest;
  } catch (error) {
    throw new FetchError(`what came is no manifest: ${errorText(error)}`, { cause: error });
  }
  throw new FetchError("the manifest of another model came");
}

async function copy(model: string, from: string, { sender, signal }: FetchManifestOptions): Promise<Uint8Array> {
  let whole = new Uint8Array();
  for (let offset = 0;;) {
    const outcome = await sender.ask(
      libraryOf(from),
      (replyTo: Ref<Reply<ManifestPiece>>) => ({ type: "manifest" as const, model, offset, replyTo }),
      { timeoutMs: PIECE_MILLISECONDS, signal, parse: (value) => v.parse(ManifestPiece, value) },
    );
    if (outcome.type !== "reply") throw new FetchError(`${from} did not answer: ${outcome.reason}`);
    const { bytes, totalBytes } = outcome.value;
    if (bytes === undefined || totalBytes === undefined) throw new FetchError(`${from} does not know it`);
    if (offset === 0) whole = new Uint8Array(totalBytes);
    const due = Math.min(PIECE_BYTES, whole.length - offset);
    if (totalBytes !== whole.length || bytes.length !== due) {
      throw new FetchError(`${from} gave a piece of the wrong size`);
    }
    whole.set(bytes, offset);
    offset += bytes.length;
    if (offset === whole.length) return whole;
  }
}
