/** Runs a compiled model by the plainest loop over its blocks: what the compiler's graphs are tested with. */
import "../../models/compute/no-telemetry.ts";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { readFile } from "node:fs/promises";
import { readEmbeddingRows } from "../../models/formats/mod.ts";
import type { Manifest } from "../../models/manifest.ts";
import { ropeCaches } from "../../models/onnx/mod.ts";
import type { BlockStore } from "../../models/store/mod.ts";

/** One sequence through one model. */
export interface PlainRunner {
  /** Appends tokens and returns the logits of each, `ids.length` rows. */
  step(ids: readonly number[]): Promise<Float32Array[]>;
  /** Forgets the sequence. */
  reset(): void;
  release(): Promise<void>;
}

/** One thread, no spinning, no arena. */
export const sessionOptions: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: false,
  enableMemPattern: false,
  extra: { session: { intra_op: { allow_spinning: "0" } } },
};

/** Loads all blocks of a model, with room for `capacity` tokens. */
export async function openPlainRunner(manifest: Manifest, store: BlockStore, capacity: number): Promise<PlainRunner> {
  const { width, vocabulary, kvHeads, headSize } = manifest.architecture;
  const { cos, sin } = ropeCaches(manifest.architecture, capacity);
  const ropeShape = [capacity, headSize / 2];
  const rope = { cos_cache: new Tensor("float32", cos, ropeShape), sin_cache: new Tensor("float32", sin, ropeShape) };
  const cacheShape = [1, kvHeads, capacity, headSize];
  const emptyCache = () => new Tensor("float32", new Float32Array(kvHeads * capacity * headSize), cacheShape);

  const [embed, ...rest] = manifest.blocks;
  if (embed?.kind !== "embed") throw new TypeError("the first block must be the embedding");
  const table = await readFile(store.path(embed.weights));
  const layers: { readonly session: InferenceSession; readonly key: Tensor; readonly value: Tensor }[] = [];
  let head: InferenceSession | undefined;
  for (const block of rest) {
    if (!("graph" in block)) throw new TypeError("there must be one embedding, and no layer made of slices");
    const session = await InferenceSession.create(store.path(block.graph), sessionOptions);
    if (block.kind === "head") head = session;
    else layers.push({ session, key: emptyCache(), value: emptyCache() });
  }
  const headSession = head;
  if (headSession === undefined) throw new TypeError("the last block must be the head");

  let position = 0;
  return {
    async step(ids) {
      const rows = new Float32Array(ids.length * width);
      readEmbeddingRows(table, embed.table, width, ids, rows);
      let hidden: Tensor = new Tensor("float32", rows, [1, ids.length, width]);
      const end = position + ids.length;
      const lengths = {
        seqlens_k: new Tensor("int32", Int32Array.of(end - 1), [1]),
        total_sequence_length: new Tensor("int32", Int32Array.of(end), []),
      };
      for (const { session, key, value } of layers) {
        const out = await session.run(
          { hidden, past_key: key, past_value: value, ...lengths, ...rope },
          { hidden_out: null, present_key: key, present_value: value },
        );
        hidden = tensor(out["hidden_out"]);
      }
      position = end;
      const { data } = tensor((await headSession.run({ hidden }))["logits"]);
      const logits = data as Float32Array;
      return ids.map((_, row) => logits.slice(row * vocabulary, (row + 1) * vocabulary));
    },
    reset() {
      position = 0;
    },
    async release() {
      for (const { session } of layers) await session.release();
      await headSession.release();
    },
  };
}

function tensor(value: Tensor | undefined): Tensor {
  if (value === undefined) throw new TypeError("the session gave no such output");
  return value;
}

/** The index of the largest logit, the first one of equals. */
export function argmax(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] ?? 0) > (logits[best] ?? 0)) best = i;
  return best;
}
