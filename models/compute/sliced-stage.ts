/** A large layer made of slices as a stage: the first ones run, each of which adds its part to the states. */
import { roleOf } from "../block-role.ts";
import type { Batch } from "./batches.ts";
import { bind } from "./bind.ts";
import type { CacheTensors } from "./caches.ts";
import { Kept } from "./kept.ts";
import type { KernelBinding, KernelTensor } from "./kernels.ts";
import { closeCache, KEPT_BINDINGS } from "./layer-stage.ts";
import type { LayerSurroundings } from "./layer-surroundings.ts";
import { pastOf, presentOf } from "./replay.ts";
import { sliceRowsAgree } from "./row-agreement.ts";
import type { SessionLease } from "./sessions.ts";
import type { Pass, Stage } from "./stage.ts";
import type { HiddenStates } from "./states.ts";

/** The loaded graphs of a slice. */
export interface SliceLeases {
  readonly attention: SessionLease;
  readonly feedForward: SessionLease;
}

/** Where a layer reads, where it has what its attention gave, and where it writes. */
interface Places {
  readonly from: KernelTensor;
  readonly middle: KernelTensor;
  readonly to: KernelTensor;
}

/** The slices' bindings for one set of neighbouring slots. */
interface SlotBindings {
  readonly attention: readonly KernelBinding[];
  readonly feedForward: readonly KernelBinding[];
  readonly caches: readonly CacheTensors[];
  places: Places | undefined;
}

/**
 * Makes the stage of a layer's first slices, the `index`-th of its segment's caches; `surroundings` have the sizes of the whole
 * layer, and `slices` says how many that has. @throws {KernelError}
 */
export async function slicedStage(
  leases: readonly SliceLeases[],
  { index, slices }: { readonly index: number; readonly slices: number },
  surroundings: LayerSurroundings,
): Promise<Stage> {
  const layer = new SlicedLayer(leases, index, surroundings);
  const [first] = leases;
  const rowsAgree = first !== undefined && await sliceRowsAgree(surroundings, first, slices);
  return {
    ...roleOf({ kind: "layer" }),
    batching: { rowsAgree, divisible: false },
    structure: `${leases.length} slices ${first?.attention.structure}`,
    async run({ batch, states }: Pass) {
      const { attention, count, size } = batch;
      const together = count * size === 1 || (count === 1 && (rowsAgree || batch.shared));
      if (attention === "chunk" || together) await layer.together(batch, states);
      else await layer.oneByOne(batch, states);
      states.turn();
    },
    close: () => layer.close(),
  };
}

class SlicedLayer {
  readonly #leases: readonly SliceLeases[];
  readonly #index: number;
  readonly #surroundings: LayerSurroundings;
  readonly #bindings = new Kept<SlotBindings>(KEPT_BINDINGS, release);

  constructor(leases: readonly SliceLeases[], index: number, surroundings: LayerSurroundings) {
    this.#leases = leases;
    this.#index = index;
    this.#surroundings = surroundings;
  }

  /** All rows at once. */
  async together({ slot, size, ends }: Batch, { tensors }: HiddenStates): Promise<void> {
    this.#surroundings.positions.set(ends);
    await this.#run(slot, size, tensors);
  }

  /** Every token by itself. */
  async oneByOne({ slot, count, parts }: Batch, { values, next }: HiddenStates): Promise<void> {
    const { positions, single, architecture: { width } } = this.#surroundings;
    for (const { position, place } of parts) {
      for (let token = 0; token < count; token++) {
        const start = (place * count + token) * width;
        positions.set([position + token]);
        await single.through(values.subarray(start, start + width), next.subarray(start, start + width), () => {
          return this.#run(slot + place, 1, single);
        });
      }
    }
  }

  async close(): Promise<void> {
    this.#bindings.close();
    for (const { attention, feedForward } of this.#leases) {
      await attention.release();
      await feedForward.release();
    }
  }

  /** First the heads, whose sum is in the middle, then the neurons. */
  async #run(slot: number, rows: number, places: Places): Promise<void> {
    const { attention, feedForward } = this.#bound(slot, rows, places);
    for (const binding of attention) await binding.run();
    for (const binding of feedForward) await binding.run();
  }

  #bound(slot: number, rows: number, { from, middle, to }: Places): SlotBindings {
    const bound = this.#bindings.get(`${slot} ${rows}`, () => this.#create(slot, rows));
    if (bound.places?.from === from && bound.places.middle === middle && bound.places.to === to) return bound;
    for (const [slice, binding] of bound.attention.entries()) addUp(binding, slice, from, middle);
    for (const [slice, binding] of bound.feedForward.entries()) addUp(binding, slice, middle, to);
    bound.places = { from, middle, to };
    return bound;
  }

  #create(slot: number, rows: number): SlotBindings {
    const { caches, positions } = this.#surroundings;
    const own = this.#leases.map((_, slice) => caches.tensors(this.#index, slot, rows, slice));
    return {
      caches: own,
      attention: this.#leases.map(({ attention }, slice) => {
        const cache = own[slice] as CacheTensors;
        return bind(attention.graph, { ...pastOf(cache), ...positions.tensors(rows) }, presentOf(cache));
      }),
      feedForward: this.#leases.map(({ feedForward }) => feedForward.graph.bind()),
      places: undefined,
    };
  }
}

/** The first slice begins the sum with what it reads; the others add to it where it lies. */
function addUp(binding: KernelBinding, slice: number, hidden: KernelTensor, sum: KernelTensor): void {
  binding.input("hidden", hidden);
  if (slice > 0) binding.input("sum", sum);
  binding.output("hidden_out", sum);
}

function release({ attention, feedForward, caches }: SlotBindings): void {
  for (const binding of [...attention, ...feedForward]) binding.close();
  for (const cache of caches) closeCache(cache);
}
