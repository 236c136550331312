/** Compiles model files into manifests and blocks. */
import { realpath, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { ggufParts, ModelFileError } from "../formats/mod.ts";
import type { Blob, Block, LayerPart, LayerSlice, Manifest, SlicedBlock } from "../manifest.ts";
import { slicesOf } from "../elastic.ts";
import { weightBlobs } from "../manifest-blobs.ts";
import { LARGE_WEIGHTS } from "../onnx/mod.ts";
import { manifestId } from "../manifest-id.ts";
import type { BlockStore } from "../store/mod.ts";
import {
  embedding,
  type GraphBlock,
  headBlock,
  layerBlock,
  levelBlocks,
  type SliceBlocks,
  sliceBlocks,
} from "./blocks.ts";
import { checkVocabulary } from "./check-vocabulary.ts";
import { addChooser, chooserBeside } from "./chooser.ts";
import { weightsFile } from "./content.ts";
import { memoryBytes, multiplyAdds } from "./cost.ts";
import { describeStorage } from "./describe-storage.ts";
import { openFolderModel } from "./folder-model.ts";
import { openGgufModel } from "./gguf-model.ts";
import type { Quantize } from "./projection.ts";
import { sourceKey } from "./source-key.ts";
import type { SourceModel } from "./source-model.ts";
import { refuseUnusedTensors } from "./unused-tensors.ts";

export interface CompileOptions {
  readonly store: BlockStore;
  /** Weights that are not Q4_0, Q4_K or Q8_0: keep them (the default; Q5_K and Q6_K at 8 bits), or quantise to 4 or 8. */
  readonly quantize?: Quantize;
  /** Weights from which on a layer of an elastic model runs slice by slice. Default: 16 million. */
  readonly largeLayer?: number;
  /** What it is called. Default: the file's or folder's name without its ending. */
  readonly name?: string;
  /** Stops the work; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after every block. */
  readonly onProgress?: (progress: CompileProgress) => void;
}

export interface CompileProgress {
  /** Blocks that are done. */
  readonly block: number;
  /** Blocks of the model. */
  readonly blocks: number;
  /** Bytes of weights written so far. */
  readonly bytes: number;
}

/**
 * Compiles a GGUF file, or a Hugging Face folder with safetensors, into `store` and returns its manifest. The same file
 * with the same options always gives the same manifest; if it has not changed since the last time, at once. At most a
 * block is in memory at a time. Throws ModelFileError for whatever is wrong with the file.
 */
export async function compileModel(path: string, options: CompileOptions): Promise<Manifest> {
  const { store, quantize = "keep", signal } = options;
  signal?.throwIfAborted();
  const real = await realpath(path).catch((cause) => {
    throw new ModelFileError(path, "there is no such file or folder", "Check the path.", { cause });
  });
  const found = await stat(real);
  if (!found.isFile() && !found.isDirectory()) {
    throw new ModelFileError(path, "it is neither a file nor a folder", "Choose a GGUF file or a Hugging Face folder.");
  }
  // Downloaders keep files under their hash and link to them: the name is that of the link, and so are those of parts.
  const named = resolve(path);
  const name = options.name ?? nameOf(named);
  const { largeLayer = LARGE_WEIGHTS } = options;
  const how = largeLayer === LARGE_WEIGHTS ? quantize : `${quantize} ${largeLayer}`;
  const chooser = found.isFile() ? await chooserBeside(named) : undefined;
  const parts = found.isFile() ? ggufParts(named).slice(1) : [];
  const key = await sourceKey(real, name, how, chooser === undefined ? parts : [...parts, chooser]);
  const known = await store.compiledSource(key);
  if (known !== undefined) return known;

  const model = found.isDirectory() ? await openFolderModel(named) : await openGgufModel(named);
  try {
    const manifest = await compile(model, name, quantize, { ...options, chooser });
    await store.putManifest(manifest);
    await store.rememberSource(key, manifest);
    return manifest;
  } finally {
    await model.source.close();
  }
}

async function compile(
  model: SourceModel,
  name: string,
  quantize: Quantize,
  { store, signal, onProgress, largeLayer = LARGE_WEIGHTS, chooser }: CompileOptions & {
    readonly chooser: string | undefined;
  },
): Promise<Manifest> {
  const { architecture, notes, elastic } = model;
  const { layers, kvHeads, headSize } = architecture;
  const kvBytesPerToken = 2 * 4 * kvHeads * headSize;
  const { rows, layerBlocks, head, storage } = lookUp(model, quantize, largeLayer);

  let bytes = 0;
  const blocks: Block[] = [];
  const finished = (block: Block) => {
    blocks.push(block);
    bytes += weightBlobs(block).reduce((sum, blob) => sum + blob.bytes, 0);
    onProgress?.({ block: blocks.length, blocks: layers + 2, bytes });
  };
  const writeGraph = graphWriter(store, signal);
  const write = async (block: GraphBlock) => ({
    index: blocks.length,
    multiplyAddsPerToken: multiplyAdds(block.projections),
    ...await writeGraph(block),
  });

  const tokenizer: Blob = await store.add(new TextEncoder().encode(JSON.stringify(model.tokenizer)));
  const table = await store.add(abortable(rows.content(), signal));
  const cost = { memoryBytes: table.bytes, multiplyAddsPerToken: 0 };
  finished({ kind: "embed", index: 0, ...cost, weights: table, table: rows.table });
  for (const layer of layerBlocks) {
    const index = blocks.length;
    if ("slices" in layer) {
      finished({ index, kvBytesPerToken, ...await writeSlices(layer.slices, writeGraph) });
    } else {
      const block = await write(layer.whole);
      const levels: LayerPart[] = [];
      for (const level of layer.levels) levels.push(await writeGraph(level));
      finished({ kind: "layer", ...block, kvBytesPerToken, ...levels.length === 0 ? {} : { levels } });
    }
  }
  finished({ kind: "head", ...await write(head) });

  const content: Omit<Manifest, "id"> = {
    format: 1,
    name,
    architecture,
    quantization: storage,
    ...notes.length === 0 ? {} : { notes },
    tokenizer,
    blocks,
    ...elastic === undefined ? {} : { elastic: { ...elastic, ...await addChooser(store, chooser) } },
  };
  return { ...content, id: manifestId(content) };
}

/** All tensors, before the first byte is written: a model that cannot be used fails at once. @throws {ModelFileError} */
function lookUp(model: SourceModel, quantize: Quantize, largeLayer: number) {
  const rows = embedding(model, quantize);
  const whole = Array.from({ length: model.architecture.layers }, (_, layer) => layerBlock(model, layer, quantize));
  const layerBlocks = whole.map((block, layer) => {
    if (slicesOf(model.elastic, layer) > 1 && multiplyAdds(block.projections) >= largeLayer) {
      return { slices: sliceBlocks(model, layer, quantize) };
    }
    return { whole: block, levels: levelBlocks(model, layer, quantize) };
  });
  const head = headBlock(model, quantize);
  refuseUnusedTensors(model, [...whole, head].flatMap(({ tensors }) => tensors));
  checkVocabulary(model);
  const storage = describeStorage(whole.flatMap(({ projections }) => projections));
  return { rows, layerBlocks, head, storage };
}

/** Writes the graph and the weights of a block, or of a part of one. */
function graphWriter(store: BlockStore, signal: AbortSignal | undefined): (block: GraphBlock) => Promise<LayerPart> {
  return async ({ graph, contents, projections }) => {
    const weights = await store.add(abortable(weightsFile(graph, contents), signal));
    return {
      graph: await store.add(graph.encode(weights.sha256)),
      weights,
      memoryBytes: memoryBytes(weights.bytes, projections),
    };
  };
}

/** A large layer's slices, written. */
async function writeSlices(
  slices: readonly SliceBlocks[],
  write: (block: GraphBlock) => Promise<LayerPart>,
): Promise<Pick<SlicedBlock, "kind" | "slices" | "memoryBytes" | "multiplyAddsPerToken">> {
  const written: LayerSlice[] = [];
  for (const { attention, feedForward } of slices) {
    written.push({ attention: await write(attention), feedForward: await write(feedForward) });
  }
  const parts = written.flatMap(({ attention, feedForward }) => [attention, feedForward]);
  const projections = slices.flatMap(({ attention, feedForward }) => [attention, feedForward]);
  return {
    kind: "layer",
    slices: written,
    memoryBytes: parts.reduce((sum, part) => sum + part.memoryBytes, 0),
    multiplyAddsPerToken: multiplyAdds(projections.flatMap((block) => block.projections)),
  };
}

async function* abortable(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    yield piece;
  }
}

/** What people call a model: the file's or folder's name without its ending. */
function nameOf(path: string): string {
  return basename(path).replace(/(?:-\d{5}-of-\d{5})?\.gguf$/i, "").slice(0, 256) || "model";
}
