/**
 * The KV caches of a segment, a room of their own: one key and one value buffer [slot, kvHead, position, headSize] a layer,
 * float32, written in place by the attention operator. Neighbouring slots are one contiguous tensor, so that they make one
 * batch without a copy. What a sequence has in them can be read, written and copied: a segment that moves, or a prompt that
 * begins like another one, takes it along.
 *
 * The operating system hands out zero pages as they are touched, so positions that no sequence has reached cost address
 * space and no memory.
 */
import { free } from "./free.ts";
import type { Kernels, KernelTensor } from "./kernels.ts";

/** Past and present of a batch in one layer: the operator writes where it reads. */
export interface CacheTensors {
  readonly key: KernelTensor;
  readonly value: KernelTensor;
}

/** One layer of a segment, or all of them, one after another. */
export type CacheLayers = number | "all";

export interface CacheShape {
  /** Key and value heads of each layer, slice by slice where it runs in slices. */
  readonly heads: readonly (readonly number[])[];
  /** Elements of a head. */
  readonly headSize: number;
  /** Sequences that can be held at once. */
  readonly slots: number;
  /** Positions a sequence can have. */
  readonly context: number;
}

/** Where the heads of a layer lie, or of a slice of it. */
interface Room {
  readonly heads: number;
  readonly key: Float32Array;
  readonly value: Float32Array;
}

export class Caches {
  readonly #kernels: Kernels;
  /** Key and value, by layer and slice. */
  readonly #layers: readonly (readonly Room[])[];
  readonly #shape: CacheShape;

  constructor(kernels: Kernels, shape: CacheShape) {
    this.#kernels = kernels;
    this.#shape = shape;
    this.#layers = shape.heads.map((slices) =>
      slices.map((heads) => {
        const size = shape.slots * this.#slotSize(heads);
        return { heads, key: new Float32Array(size), value: new Float32Array(size) };
      })
    );
  }

  /** The tensors of `count` slots from `slot` on, in one layer, or a slice of it. Close them after use. */
  tensors(layer: number, slot: number, count: number, slice = 0): CacheTensors {
    const room = this.#layer(layer)[slice];
    if (room === undefined) throw new RangeError(`There is no slice ${slice} in the caches of layer ${layer}.`);
    const { heads, key, value } = room;
    const size = this.#slotSize(heads);
    const [from, to] = [slot * size, (slot + count) * size];
    const dims = [count, heads, this.#shape.context, this.#shape.headSize];
    return {
      key: this.#kernels.tensor(key.subarray(from, to), dims),
      value: this.#kernels.tensor(value.subarray(from, to), dims),
    };
  }

  /** Lets go of the memory; after the tensors over it. */
  close(): void {
    for (const { key, value } of this.#layers.flat()) [key, value].forEach(free);
  }

  /** Elements that a sequence's positions `from` to `to` take in one layer or all: keys, then values, of each. */
  elements(layers: CacheLayers, from: number, to: number): number {
    const rooms = this.#indices(layers).flatMap((layer) => this.#layer(layer));
    return 2 * rooms.reduce((sum, { heads }) => sum + heads, 0) * (to - from) * this.#shape.headSize;
  }

  /**
   * A copy of what a slot holds of the positions from `from` to below `to`, in one layer or all:
   * [layer, key and value, kvHead, position, headSize].
   * @throws {RangeError} outside the layers, the slots or the context.
   */
  read(layers: CacheLayers, slot: number, from: number, to: number): Float32Array {
    const runs = this.#indices(layers).flatMap((layer) => this.#runs(layer, slot, from, to));
    const copy = new Float32Array(this.elements(layers, from, to));
    let offset = 0;
    for (const run of runs) {
      copy.set(run, offset);
      offset += run.length;
    }
    return copy;
  }

  /**
   * Writes what `read` gave, to any slot, at the position `from`. Returns the position behind it.
   * @throws {RangeError} as `read` does.
   */
  write(layers: CacheLayers, slot: number, from: number, data: Float32Array): number {
    const indices = this.#indices(layers);
    const size = this.elements(layers, 0, 1);
    const to = size === 0 && data.length === 0 ? from : from + data.length / size;
    if (!Number.isInteger(to)) {
      throw new RangeError(`A cache cannot take ${data.length} elements: they end in a position.`);
    }
    let offset = 0;
    for (const run of indices.flatMap((layer) => this.#runs(layer, slot, from, to))) {
      run.set(data.subarray(offset, offset += run.length));
    }
    return to;
  }

  /** Has a slot begin like another one: positions 0 to below `upTo`, in every layer. @throws {RangeError} as `read` does. */
  copy(source: number, target: number, upTo: number): void {
    for (let layer = 0; layer < this.#layers.length; layer++) {
      const [from, to] = [this.#runs(layer, source, 0, upTo), this.#runs(layer, target, 0, upTo)];
      for (const [index, run] of from.entries()) to[index]?.set(run);
    }
  }

  /** What a slot holds is not wanted any more: its memory goes back to the system where that is possible. */
  discard(slot: number): void {
    for (const { heads, key, value } of this.#layers.flat()) {
      const size = this.#slotSize(heads);
      for (const buffer of [key, value]) this.#kernels.discard(buffer.subarray(slot * size, (slot + 1) * size));
    }
  }

  /** The stretches of memory that hold a slot's positions, in order: of each head its keys, then of each its values. */
  #runs(layer: number, slot: number, from: number, to: number): Float32Array[] {
    const { slots, context, headSize } = this.#shape;
    const rooms = this.#layer(layer);
    if (!(slot >= 0 && slot < slots && from >= 0 && from <= to && to <= context)) {
      throw new RangeError(`Positions ${from} to ${to} of slot ${slot} are outside ${slots} caches of ${context}.`);
    }
    return (["key", "value"] as const).flatMap((of) =>
      rooms.flatMap(({ heads, [of]: buffer }) =>
        Array.from({ length: heads }, (_, head) => {
          const start = ((slot * heads + head) * context + from) * headSize;
          return buffer.subarray(start, start + (to - from) * headSize);
        })
      )
    );
  }

  #indices(layers: CacheLayers): number[] {
    return layers === "all" ? [...this.#layers.keys()] : [layers];
  }

  #layer(layer: number): readonly Room[] {
    const found = this.#layers[layer];
    if (found === undefined) throw new RangeError(`There is no layer ${layer} in caches of ${this.#layers.length}.`);
    return found;
  }

  #slotSize(heads: number): number {
    return heads * this.#shape.context * this.#shape.headSize;
  }
}
