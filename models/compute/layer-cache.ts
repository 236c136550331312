/** The KV cache of one decoder layer: all slots in one buffer, so that neighbouring slots make one batch without a copy. */
import "./no-telemetry.ts";
import { Tensor } from "onnxruntime-node";
import type { Architecture } from "../manifest.ts";

/** Past and present of a batch: the operator writes where it reads. */
export interface CacheView {
  readonly key: Tensor;
  readonly value: Tensor;
}

/**
 * Buffers [slot, kvHead, position, headSize] at float32. The operating system hands out zero pages as they are touched, so
 * positions that no sequence has reached cost address space and no memory.
 */
export class LayerCache {
  readonly #key: Float32Array;
  readonly #value: Float32Array;
  readonly #shape: readonly [number, number, number];
  readonly #stride: number;
  readonly #views = new Map<number, CacheView>();

  constructor(architecture: Architecture, context: number, slots: number) {
    this.#shape = [architecture.kvHeads, context, architecture.headSize];
    this.#stride = architecture.kvHeads * context * architecture.headSize;
    this.#key = new Float32Array(slots * this.#stride);
    this.#value = new Float32Array(slots * this.#stride);
  }

  /** The tensors of `count` slots from `slot` on. Kept, since a lane asks for the same ones each step. */
  view(slot: number, count: number): CacheView {
    const id = slot * 65_536 + count;
    const found = this.#views.get(id);
    if (found !== undefined) return found;
    const [from, to] = [slot * this.#stride, (slot + count) * this.#stride];
    const dims = [count, ...this.#shape];
    const view = {
      key: new Tensor("float32", this.#key.subarray(from, to), dims),
      value: new Tensor("float32", this.#value.subarray(from, to), dims),
    };
    this.#views.set(id, view);
    return view;
  }
}
