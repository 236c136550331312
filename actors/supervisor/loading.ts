/** Carrying out an assignment: fetch the blocks that are missing, load them, know the model's language where it is needed. */
import type { ComputeSegment } from "../../models/compute/mod.ts";
import type { Blob, Block, Manifest } from "../../models/manifest.ts";
import { blockBlobs } from "../../models/manifest-blobs.ts";
import { createTokenizer, parseBundle } from "../../models/text/mod.ts";
import type { Sender } from "../../runtime/actor/mod.ts";
import type { Language } from "../conversation/prompt.ts";
import type { Device } from "../device.ts";
import { fetchBlobs } from "../library/fetch.ts";

/** A segment that is ready to run. */
export interface LoadedSegment {
  readonly compute: ComputeSegment;
  /** Only where the segment holds the embedding: conversations live here. */
  readonly language: Language | undefined;
}

/** Blocks that are wanted here, both ends included, and devices that may have them. */
export interface FetchRequest {
  readonly manifest: Manifest;
  readonly first: number;
  readonly last: number;
  readonly sources: readonly string[];
}

/** What is to be loaded. */
export interface LoadRequest extends FetchRequest {
  readonly context: number;
  readonly concurrency: number;
}

/** Loads a segment. @throws {Error} with a sentence that says which block could not be had or loaded. */
export async function loadSegment(
  request: LoadRequest,
  device: Device,
  sender: Sender,
  signal: AbortSignal,
): Promise<LoadedSegment> {
  signal.throwIfAborted();
  const { manifest, first, last } = request;
  const blocks = manifest.blocks.slice(first, last + 1);
  if (blocks.length === 0 || blocks.length !== last - first + 1) {
    throw new RangeError(`The assignment names blocks ${first} to ${last}; the model has ${manifest.blocks.length}.`);
  }
  const embeds = blocks[0]?.kind === "embed";
  await fetchBlocks(request, device, sender, signal, (doneBytes, totalBytes, from) => {
    device.announce({ type: "fetching", doneBytes, totalBytes, from: nameOf(device, from) });
  });
  await device.store.putManifest(manifest);
  const language = embeds ? await loadLanguage(manifest, device) : undefined;
  const compute = await device.compute.open({
    architecture: manifest.architecture,
    blocks: blocks.map((block) => filesOf(block, device)),
    context: request.context,
    slots: request.concurrency,
  });
  return { compute, language };
}

/** Brings blocks to this device's disk, in case it has to run them. @throws {Error} where one cannot be had. */
export async function reserveBlocks(
  request: FetchRequest,
  device: Device,
  sender: Sender,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  await fetchBlocks(request, device, sender, signal, () => {});
  await device.store.putManifest(request.manifest);
}

/** Blobs whose hash has been checked since this process began: disks rot, and a damaged block answers nonsense. */
const verified = new Set<string>();

/** Checks the blobs that are here; a damaged one is removed, so that it is fetched again. */
async function verifyBlobs(blobs: readonly Blob[], { store, announce }: Device, signal: AbortSignal): Promise<void> {
  for (const blob of blobs) {
    signal.throwIfAborted();
    if (verified.has(blob.sha256) || !(await store.has(blob))) continue;
    if (await store.verify(blob)) verified.add(blob.sha256);
    else {announce({
        type: "warning",
        message: `The block ${blob.sha256.slice(0, 12)} on this disk was damaged; it is fetched again.`,
      });}
  }
}

/** The blobs of a run of blocks, with the tokenizer where the run has the embedding. */
async function fetchBlocks(
  { manifest, first, last, sources }: FetchRequest,
  device: Device,
  sender: Sender,
  signal: AbortSignal,
  onProgress: (doneBytes: number, totalBytes: number, from: string) => void,
): Promise<void> {
  const blocks = manifest.blocks.slice(first, last + 1);
  const language = blocks[0]?.kind === "embed" ? [manifest.tokenizer] : [];
  const blobs = [...blocks.flatMap(blockBlobs), ...language];
  await verifyBlobs(blobs, device, signal);
  await fetchBlobs(blobs, {
    store: device.store,
    sender,
    sources: sources.filter((source) => source !== device.id),
    signal,
    clock: device.clock,
    onTransfer: (from, bytes, milliseconds) => device.links.transferred(from, bytes, milliseconds),
    onProgress,
  });
}

function filesOf(block: Block, { store }: Device) {
  const { index } = block;
  if (block.kind === "embed") {
    return { index, kind: block.kind, table: block.table, weights: store.path(block.weights) };
  }
  return { index, kind: block.kind, graph: store.path(block.graph), sha256: block.graph.sha256 };
}

async function loadLanguage(manifest: Manifest, { store }: Device): Promise<Language> {
  const bytes = await store.read(manifest.tokenizer, 0, manifest.tokenizer.bytes);
  const bundle = parseBundle(JSON.parse(new TextDecoder().decode(bytes)));
  return { bundle, tokenizer: createTokenizer(bundle), vocabulary: manifest.architecture.vocabulary };
}

function nameOf(device: Device, id: string): string {
  return device.peers().find((peer) => peer.device === id)?.name ?? id;
}
