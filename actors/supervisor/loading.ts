/** Carrying out an assignment: fetch the blocks that are missing, load them, know the model's language where it is needed. */
import { takesTokens } from "../../models/block-role.ts";
import type { Compute, ComputeSegment } from "../../models/compute/mod.ts";
import type { Blob, Block, Manifest } from "../../models/manifest.ts";
import { blockBlobs } from "../../models/manifest-blobs.ts";
import type { BlockStore } from "../../models/store/mod.ts";
import type { Sender } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Language, Languages } from "../conversation/language.ts";
import type { Announce } from "../events.ts";
import type { Peers } from "../host.ts";
import { fetchBlobs } from "../library/fetch.ts";
import { fetchManifest } from "../library/fetch-manifest.ts";

/** What loading is done with. */
export interface LoadingOptions {
  readonly device: string;
  readonly store: BlockStore;
  readonly compute: Pick<Compute, "open">;
  readonly languages: Languages;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly announce: Announce;
  /** Hears how long a blob of so many bytes took from a device. */
  readonly onTransfer: (from: string, bytes: number, milliseconds: number) => void;
}

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
    const manifest = await this.#manifest(request, task);
    const blocks = manifest.blocks.slice(first, last + 1);
    if (blocks.length === 0 || blocks.length !== last - first + 1) {
      throw new RangeError(`The assignment names blocks ${first} to ${last}; the model has ${manifest.blocks.length}.`);
    }
    await this.#fetch(manifest, request, task, (doneBytes, totalBytes, from) => {
      announce({ type: "fetching", doneBytes, totalBytes, from: this.#nameOf(from) });
    });
    const language = takesTokens(blocks) ? await languages.learn(manifest) : undefined;
    const opened = await compute.open({
      architecture: manifest.architecture,
      blocks: blocks.map((block) => filesOf(block, store)),
      context: request.context,
      slots: request.concurrency,
    });
    return { manifest, compute: opened, language };
  }

  /** Brings blocks to this device's disk, in case it has to run them. @throws {Error} where one cannot be had. */
  async reserve(request: FetchRequest, task: LoadTask): Promise<void> {
    task.signal.throwIfAborted();
    await this.#fetch(await this.#manifest(request, task), request, task, () => {});
  }

  #manifest({ model, sources }: FetchRequest, { sender, signal }: LoadTask): Promise<Manifest> {
    return fetchManifest(model, { store: this.#options.store, sender, sources: this.#others(sources), signal });
  }

  #others(sources: readonly string[]): string[] {
    return sources.filter((source) => source !== this.#options.device);
  }

  /** The blobs of a run of blocks, with the tokenizer where the run has the embedding. */
  async #fetch(
    manifest: Manifest,
    { first, last, sources }: FetchRequest,
    { sender, signal }: LoadTask,
    onProgress: (doneBytes: number, totalBytes: number, from: string) => void,
  ): Promise<void> {
    const { store, clock, onTransfer } = this.#options;
    const blocks = manifest.blocks.slice(first, last + 1);
    const language = takesTokens(blocks) ? [manifest.tokenizer] : [];
    const blobs = [...blocks.flatMap(blockBlobs), ...language];
    await this.#verify(blobs, signal);
    await fetchBlobs(blobs, {
      store,
      sender,
      sources: this.#others(sources),
      signal,
      clock,
      onTransfer,
      onProgress,
    });
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

  #nameOf(id: string): string {
    return this.#options.peers().find((peer) => peer.device === id)?.name ?? id;
  }
}

function damaged({ sha256 }: Blob): string {
  return `The block ${sha256.slice(0, 12)} on this disk was damaged; it is fetched again.`;
}

function filesOf(block: Block, store: BlockStore) {
  const { index } = block;
  if (block.kind === "embed") {
    return { index, kind: block.kind, table: block.table, weights: store.path(block.weights) };
  }
  return { index, kind: block.kind, graph: store.path(block.graph), sha256: block.graph.sha256 };
}
