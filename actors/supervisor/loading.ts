/** Carrying out an assignment: fetch the blocks that are missing, load them, know the model's language where it is needed. */
import type { ServingPolicy } from "../leader/policy.ts";
import { MAX_SLOTS } from "../wire.ts";
import { takesTokens } from "../../models/block-role.ts";
import { blockFiles } from "../../models/compute/block-files.ts";
import type { Compute, ComputeSegment } from "../../models/compute/mod.ts";
import type { Blob, Block, Manifest } from "../../models/manifest.ts";
import { blockBlobs, readingBlobs } from "../../models/manifest-blobs.ts";
import type { BlockStore } from "../../models/store/mod.ts";
import type { Sender } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Language, Languages } from "../conversation/language.ts";
import type { Announce } from "../events.ts";
import type { Peers } from "../host.ts";
import { type BlockRuns, runsOf } from "../block-runs.ts";
import { fetchBlobs, FetchError, type FetchOptions } from "../library/fetch.ts";
import { fetchManifest } from "../library/fetch-manifest.ts";
import { BlocksMissingError } from "./blocks-missing.ts";

/** What loading is done with. */
export interface LoadingOptions {
  readonly device: string;
  readonly store: BlockStore;
  readonly compute: Pick<Compute, "open" | "prepare">;
  readonly languages: Languages;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly announce: Announce;
  /** Hears how long a blob of so many bytes took from a device. */
  readonly onTransfer: (from: string, bytes: number, milliseconds: number) => void;
  /** Makes the blocks of a model again from its file; false where that is not at hand, or is not what it was. */
  readonly remake?: Remake | undefined;
}

/** Makes the blocks of a model again, by its id. */
export type Remake = (model: string, signal: AbortSignal) => Promise<boolean>;

/** A segment that is ready to run. */
export interface LoadedSegment {
  readonly manifest: Manifest;
  readonly compute: ComputeSegment;
  /** Only where the segment holds the embedding: conversations live here. */
  readonly language: Language | undefined;
}

/** Blocks that are wanted here, both ends included, and devices that may have them. */
export interface FetchRequest {
  /** The model's id. */
  readonly model: string;
  readonly first: number;
  readonly last: number;
  readonly sources: readonly string[];
}

/** What is to be loaded. */
export interface LoadRequest extends FetchRequest {
  readonly context: number;
  readonly concurrency: number;
  readonly policy?: Pick<ServingPolicy, "prefixes">;
}

/** Places for caches that are kept for prompts to come. What no token has touched costs no memory. */
const KEPT_SLOTS = 16;

/** Places in the caches of a segment: the same on every device, since the first one gives them. */
export function slotsOf({ concurrency, policy }: Pick<LoadRequest, "concurrency" | "policy">): number {
  return policy?.prefixes === "off" ? concurrency : Math.min(MAX_SLOTS, concurrency + KEPT_SLOTS);
}

/** Who asks for it, and until when. */
export interface LoadTask {
  readonly sender: Sender;
  readonly signal: AbortSignal;
}

/** Brings segments and blocks in reserve to a device. */
export class Loading {
  readonly #options: LoadingOptions;
  /** Blobs whose hash has been checked since this process began: disks rot, and a damaged block answers nonsense. */
  readonly #verified = new Set<string>();

  constructor(options: LoadingOptions) {
    this.#options = options;
  }

  /** Loads a segment. @throws {Error} with a sentence that says which block could not be had or loaded. */
  async segment(request: LoadRequest, task: LoadTask): Promise<LoadedSegment> {
    task.signal.throwIfAborted();
    const { first, last } = request;
    const { store, compute, languages, announce } = this.#options;
    // Whoever takes part may be the first segment next, when readers wait for it.
    languages.prepare();
    compute.prepare();
    const manifest = await this.#manifest(request, task);
    const blocks = manifest.blocks.slice(first, last + 1);
    if (blocks.length === 0 || blocks.length !== last - first + 1) {
      throw new RangeError(`The assignment names blocks ${first} to ${last}; the model has ${manifest.blocks.length}.`);
    }
    const onProgress = (doneBytes: number, totalBytes: number, from: string) => {
      announce({ type: "fetching", doneBytes, totalBytes, from: this.#nameOf(from) });
    };
    await this.#fetch(manifest, request, task, { gently: false, onProgress });
    const learning = takesTokens(blocks) ? languages.learn(manifest) : Promise.resolve(undefined);
    // Whoever waits for it hears of its failure: below, unless the blocks cannot be opened either.
    learning.catch(() => {});
    const opened = await compute.open({
      architecture: manifest.architecture,
      blocks: blocks.map((block) => blockFiles(block, store)),
      context: request.context,
      slots: slotsOf(request),
      levels: manifest.elastic?.slices ?? 1,
    });
    try {
      return { manifest, compute: opened, language: await learning };
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /** Brings blocks to this device's disk, in case it has to run them. @throws {Error} where one cannot be had. */
  async reserve(request: FetchRequest, task: LoadTask): Promise<void> {
    task.signal.throwIfAborted();
    const manifest = await this.#manifest(request, task);
    await this.#fetch(manifest, request, task, { gently: true, onProgress: () => {} });
    const { first, last } = request;
    if (takesTokens(manifest.blocks.slice(first, last + 1))) this.#options.languages.prepare();
  }

  /** The blocks of a model that are on this disk; undefined where it is not known here what it is made of. */
  async holdings(model: string): Promise<BlockRuns | undefined> {
    const { store } = this.#options;
    const manifest = await store.manifest(model);
    if (manifest === undefined) return undefined;
    const here = await Promise.all(manifest.blocks.map((block) => this.#isHere(block, manifest)));
    return runsOf(here.flatMap((all, index) => all ? [index] : []));
  }

  async #isHere(block: Block, manifest: Manifest): Promise<boolean> {
    const here = await Promise.all(blobsOf([block], manifest).map((blob) => this.#options.store.has(blob)));
    return here.every(Boolean);
  }

  async #manifest({ model, first, last, sources }: FetchRequest, { sender, signal }: LoadTask): Promise<Manifest> {
    try {
      const { store } = this.#options;
      return await fetchManifest(model, { store, sender, sources: this.#others(sources), signal });
    } catch (error) {
      if (error instanceof FetchError) throw new BlocksMissingError(error.message, [[first, last]], { cause: error });
      throw error;
    }
  }

  #others(sources: readonly string[]): string[] {
    return sources.filter((source) => source !== this.#options.device);
  }

  /** The blobs of a run of blocks, with the tokenizer where the run has the embedding. */
  async #fetch(
    manifest: Manifest,
    { first, last, sources }: FetchRequest,
    { sender, signal }: LoadTask,
    { gently, onProgress }: Required<Pick<FetchOptions, "gently" | "onProgress">>,
  ): Promise<void> {
    const { store, clock, onTransfer } = this.#options;
    const blocks = manifest.blocks.slice(first, last + 1);
    const blobs = blobsOf(blocks, manifest);
    await this.#verify(blobs, signal);
    try {
      const from = this.#others(sources);
      await fetchBlobs(blobs, { store, sender, sources: from, signal, clock, onTransfer, onProgress, gently });
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      if (await this.#remade(manifest, blobs, signal)) return;
      const absent = blocks.filter((block) => blobsOf([block], manifest).some((blob) => error.lacks(blob)));
      throw new BlocksMissingError(error.message, runsOf(absent.map(({ index }) => index)), { cause: error });
    }
  }

  /** Checks the blobs that are here; a damaged one is removed, so that it is fetched again. */
  async #verify(blobs: readonly Blob[], signal: AbortSignal): Promise<void> {
    const { store, announce } = this.#options;
    for (const blob of blobs) {
      signal.throwIfAborted();
      if (this.#verified.has(blob.sha256) || !(await store.has(blob))) continue;
      if (await store.verify(blob)) this.#verified.add(blob.sha256);
      else announce({ type: "warning", message: damaged(blob) });
    }
  }

  /** Makes what is missing again from the model's file, where that is at hand and still the same; whether all is here then. */
  async #remade({ id, name }: Manifest, blobs: readonly Blob[], signal: AbortSignal): Promise<boolean> {
    const { remake, store, announce } = this.#options;
    const made = await remake?.(id, signal);
    signal.throwIfAborted();
    if (made !== true) return false;
    announce({
      type: "warning",
      message: `The blocks of ${name} that were missing here were made again from its file.`,
    });
    const here = await Promise.all(blobs.map((blob) => store.has(blob)));
    return here.every(Boolean);
  }

  #nameOf(id: string): string {
    return this.#options.peers().find((peer) => peer.device === id)?.name ?? id;
  }
}

/** The blobs that these blocks need, with what reads prompts where they have the embedding. */
export function blobsOf(blocks: readonly Block[], manifest: Manifest): Blob[] {
  return [...blocks.flatMap(blockBlobs), ...(takesTokens(blocks) ? readingBlobs(manifest) : [])];
}

function damaged({ sha256 }: Blob): string {
  return `The block ${sha256.slice(0, 12)} on this disk was damaged; it is fetched again.`;
}
