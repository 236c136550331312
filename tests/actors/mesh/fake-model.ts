/** A model of small numbers for meshes in one process: a manifest that validates, a tokenizer, a store without files. */
import type { Blob, Block, LayerPart, Manifest } from "../../../models/manifest.ts";
import { manifestId } from "../../../models/manifest-id.ts";
import type { BlobWriter, BlockStore } from "../../../models/store/mod.ts";
import { WIDTH } from "./fake-compute.ts";
import { manifestBlobs } from "../../../models/manifest-blobs.ts";

/** Token ids are characters: 32 to 126 as themselves, the rest as a few words of their own; 0 ends the text. */
export const VOCABULARY = 128;

const BUNDLE = new TextEncoder().encode(JSON.stringify(bundle()));

function bundle(): object {
  const pieces = Array.from({ length: VOCABULARY }, (_, id) => id < 33 ? `<${id}>` : String.fromCharCode(id));
  pieces[32] = "▁";
  return {
    format: 1,
    vocabulary: {
      kind: "sentencepiece",
      pieces,
      scores: pieces.map(() => 0),
      types: pieces.map((_, id) => id === 0 ? 3 : id === 1 ? 2 : 1),
      addSpacePrefix: false,
    },
    addBos: false,
    addEos: false,
    eosId: 0,
    endIds: [0],
  };
}

/** A layer's graphs at the levels below the whole. */
function partsOf(slices: number, blob: (bytes: number) => Blob): LayerPart[] {
  return Array.from({ length: slices - 1 }, () => ({ graph: blob(10), weights: blob(50), memoryBytes: 500 }));
}

/** A model of so many layers; `name` tells models apart. With more `slices` than one it is elastic: its first layer is an anchor, and it has a chooser. */
export function fakeManifest(layers: number, name = "numbers", slices = 1): Manifest {
  let blobs = 0;
  const blob = (bytes: number): Blob => ({
    sha256: manifestId({ name, blob: ++blobs } as unknown as Manifest),
    bytes,
  });
  const base = (index: number) => ({ index, memoryBytes: 1000, multiplyAddsPerToken: 1000 });
  const blocks: Block[] = [
    { ...base(0), kind: "embed", weights: blob(100), table: "F32" },
    ...Array.from({ length: layers }, (_, at): Block => ({
      ...base(at + 1),
      kind: "layer",
      graph: blob(10),
      weights: blob(100),
      kvBytesPerToken: 8,
      ...(slices === 1 || at === 0 ? {} : { levels: partsOf(slices, blob) }),
    })),
    { ...base(layers + 1), kind: "head", graph: blob(10), weights: blob(100) },
  ];
  const content = {
    format: 1 as const,
    name,
    architecture: {
      family: "llama" as const,
      layers,
      width: WIDTH,
      heads: 2 * slices,
      kvHeads: slices,
      headSize: 2,
      feedForward: 8,
      vocabulary: VOCABULARY,
      context: 4096,
      normEpsilon: 1e-5,
      ropeTheta: 10_000,
      rotary: "half" as const,
    },
    quantization: "F32",
    tokenizer: { sha256: blob(0).sha256, bytes: BUNDLE.length },
    blocks,
    ...(slices === 1 ? {} : { elastic: { slices, anchors: [0], chooser: blob(50) } }),
  };
  return { ...content, id: manifestId(content) };
}

/** A store that has every blob of the models it was given, or learns them from others, and keeps nothing on disk. */
export function fakeStore(held: readonly Manifest[] = []): BlockStore & { readonly received: Set<string> } {
  const received = new Set<string>();
  const used = new Map<string, number>();
  const manifests = new Map(held.map((manifest) => [manifest.id, manifest]));
  const blobs = new Set(held.flatMap(manifestBlobs).map(({ sha256 }) => sha256));
  const writer = (blob: Blob): BlobWriter => {
    let offset = 0;
    return {
      get offset() {
        return offset;
      },
      append: (bytes) => Promise.resolve(void (offset += bytes.length)),
      commit: () => {
        blobs.add(blob.sha256);
        received.add(blob.sha256);
        return Promise.resolve();
      },
      abandon: () => Promise.resolve(),
    };
  };
  return {
    received,
    has: (blob) => Promise.resolve(blobs.has(blob.sha256)),
    path: (blob) => `/nowhere/${blob.sha256}`,
    read: ({ bytes }, offset, length) =>
      Promise.resolve(bytes === BUNDLE.length ? BUNDLE.slice(offset, offset + length) : new Uint8Array(length)),
    receive: (blob) => Promise.resolve(writer(blob)),
    add: () => Promise.reject(new Error("A fake store compiles nothing.")),
    verify: () => Promise.resolve(true),
    putManifest: (manifest) => Promise.resolve(void manifests.set(manifest.id, manifest)),
    manifest: (id) => Promise.resolve(manifests.get(id)),
    manifests: () => Promise.resolve([...manifests.values()]),
    rememberSource: () => Promise.resolve(),
    compiledSource: () => Promise.resolve(undefined),
    stock: {
      files: () => Promise.resolve([...blobs].map((sha256) => ({ sha256, bytes: 100, complete: true }))),
      discard: ({ sha256 }) => Promise.resolve(blobs.delete(sha256)),
      forget: (model) => Promise.resolve(void manifests.delete(model)),
      usedAt: (model) => Promise.resolve(manifests.has(model) ? used.get(model) ?? 0 : undefined),
      touch: (model, at) => Promise.resolve(void used.set(model, at)),
    },
  };
}
