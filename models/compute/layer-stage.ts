/** A decoder layer as a stage: its graph, bound to the caches of whichever slots step together. */
import { roleOf } from "../block-role.ts";
import type { Batch } from "./batches.ts";
import { bind, hasInput } from "./bind.ts";
import type { CacheTensors } from "./caches.ts";
import { Kept } from "./kept.ts";
import type { KernelBinding, KernelTensor } from "./kernels.ts";
import type { LayerSurroundings } from "./layer-surroundings.ts";
import { pastOf, presentOf } from "./replay.ts";
import { layerRowsAgree } from "./row-agreement.ts";
import type { SessionLease } from "./sessions.ts";
import type { Pass, Stage } from "./stage.ts";
import type { HiddenStates } from "./states.ts";

/** Sets of neighbouring slots whose bindings are kept. */
export const KEPT_BINDINGS = 64;

/** A binding for one set of neighbouring slots. The states are bound anew only where their shape has changed. */
interface SlotBinding {
  readonly binding: KernelBinding;
  readonly cache: CacheTensors;
  from: KernelTensor | undefined;
  to: KernelTensor | undefined;
}

/** Makes the stage of a loaded layer, the `index`-th of its segment's caches. @throws {KernelError} */
export async function layerStage(
  lease: SessionLease,
  index: number,
  surroundings: LayerSurroundings,
): Promise<Stage> {
  const { kernels, architecture, gates, single } = surroundings;
  const divisible = hasInput(lease.graph, "residual", single.from);
  const layer = new Layer(lease, index, surroundings, divisible);
  const rowsAgree = await layerRowsAgree(kernels, lease, architecture, divisible ? gates : undefined);
  return {
    ...roleOf({ kind: "layer" }),
    batching: { rowsAgree, divisible },
    structure: lease.structure,
    async run({ batch, states }: Pass) {
      const { attention, count, size } = batch;
      const together = rowsAgree || batch.shared;
      const alone = count * size === 1;
      if (attention === "chunk" || alone || (together && count === 1)) await layer.together(batch, states);
      else if (together && divisible) await layer.takenApart(batch, states);
      else await layer.oneByOne(batch, states);
      states.turn();
    },
    close: () => layer.close(),
  };
}

/** The ways in which a layer can run a batch. */
class Layer {
  readonly #lease: SessionLease;
  readonly #index: number;
  readonly #surroundings: LayerSurroundings;
  readonly #divisible: boolean;
  readonly #bindings = new Kept<SlotBinding>(KEPT_BINDINGS, release);

  constructor(lease: SessionLease, index: number, surroundings: LayerSurroundings, divisible: boolean) {
    this.#lease = lease;
    this.#index = index;
    this.#surroundings = surroundings;
    this.#divisible = divisible;
  }

  /** All rows in one run. */
  async together({ slot, size, ends }: Batch, { tensors: { from, to } }: HiddenStates): Promise<void> {
    this.#surroundings.positions.set(ends);
    await this.#bound(slot, size, from, to).run();
  }

  /** Every token in a run of its own. */
  async oneByOne({ slot, count, parts }: Batch, { values, next }: HiddenStates): Promise<void> {
    const { positions, single, architecture: { width } } = this.#surroundings;
    for (const { position, place } of parts) {
      const binding = this.#bound(slot + place, 1, single.from, single.to);
      for (let token = 0; token < count; token++) {
        const start = (place * count + token) * width;
        positions.set([position + token]);
        await single.through(values.subarray(start, start + width), next.subarray(start, start + width), () => {
          return binding.run();
        });
      }
    }
  }

  /** Tokens of one sequence, of which only the attention is computed one by one. */
  async takenApart({ slot, count, parts: [part] }: Batch, { tensors: { from, to } }: HiddenStates): Promise<void> {
    const { caches, replay } = this.#surroundings;
    const cache = caches.tensors(this.#index, slot, 1);
    try {
      await replay.run({ graph: this.#lease.graph, cache, position: part?.position ?? 0, count, from, to });
    } finally {
      closeCache(cache);
    }
  }

  async close(): Promise<void> {
    this.#bindings.close();
    await this.#lease.release();
  }

  /** The binding of so many slots, to these states. */
  #bound(slot: number, rows: number, from: KernelTensor, to: KernelTensor): KernelBinding {
    const bound = this.#bindings.get(`${slot} ${rows}`, () => this.#create(slot, rows));
    if (bound.from !== from) {
      bound.binding.input("hidden", from);
      if (this.#divisible) bound.binding.input("residual", from);
    }
    if (bound.to !== to) bound.binding.output("hidden_out", to);
    [bound.from, bound.to] = [from, to];
    return bound.binding;
  }

  #create(slot: number, rows: number): SlotBinding {
    const { caches, positions, gates } = this.#surroundings;
    const cache = caches.tensors(this.#index, slot, rows);
    const inputs = { ...pastOf(cache), ...positions.tensors(rows), ...this.#divisible ? gates.whole : {} };
    return { binding: bind(this.#lease.graph, inputs, presentOf(cache)), cache, from: undefined, to: undefined };
  }
}

function release({ binding, cache }: SlotBinding): void {
  binding.close();
  closeCache(cache);
}

/** Lets go of a cache's tensors. */
export function closeCache({ key, value }: CacheTensors): void {
  key.close();
  value.close();
}
