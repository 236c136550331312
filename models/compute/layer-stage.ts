/** A decoder layer as a stage: its graph, bound to the caches of whichever slots step together. */
import { roleOf } from "../block-role.ts";
import type { Architecture } from "../manifest.ts";
import type { Caches, CacheTensors } from "./caches.ts";
import type { KernelBinding, Kernels, KernelTensor } from "./kernels.ts";
import type { Positions } from "./positions.ts";
import { layerRowsAgree } from "./row-agreement.ts";
import type { SessionLease } from "./sessions.ts";
import type { Pass, Stage } from "./stage.ts";

/** Sets of neighbouring slots whose bindings are kept. */
const KEPT_BINDINGS = 64;

/** A binding for one set of neighbouring slots. The states are bound anew only where their shape has changed. */
interface SlotBinding {
  readonly binding: KernelBinding;
  readonly cache: CacheTensors;
  from: KernelTensor | undefined;
  to: KernelTensor | undefined;
}

/** What the layers of a segment share. */
export interface LayerSurroundings {
  readonly kernels: Kernels;
  readonly architecture: Architecture;
  readonly caches: Caches;
  readonly positions: Positions;
}

/** Makes the stage of a loaded layer, the `index`-th of its segment's caches. @throws {KernelError} */
export async function layerStage(
  lease: SessionLease,
  index: number,
  { kernels, architecture, caches, positions }: LayerSurroundings,
): Promise<Stage> {
  /** In the order of their last use. */
  const bindings = new Map<string, SlotBinding>();

  function bind(slot: number, rows: number): SlotBinding {
    const key = `${slot} ${rows}`;
    const found = bindings.get(key);
    bindings.delete(key);
    const bound = found ?? create(slot, rows);
    bindings.set(key, bound);
    if (bindings.size > KEPT_BINDINGS) {
      for (const [oldest, entry] of bindings) {
        release(entry);
        bindings.delete(oldest);
        break;
      }
    }
    return bound;
  }

  function create(slot: number, rows: number): SlotBinding {
    const binding = lease.graph.bind();
    const cache = caches.tensors(index, slot, rows);
    binding.input("past_key", cache.key);
    binding.input("past_value", cache.value);
    binding.output("present_key", cache.key);
    binding.output("present_value", cache.value);
    binding.input("seqlens_k", positions.lengths(rows));
    binding.input("total_sequence_length", positions.total);
    binding.input("cos_cache", positions.cos);
    binding.input("sin_cache", positions.sin);
    return { binding, cache, from: undefined, to: undefined };
  }

  return {
    ...roleOf({ kind: "layer" }),
    rowsAgree: await layerRowsAgree(kernels, lease.graph, architecture),
    async run({ batch, states }: Pass) {
      const bound = bind(batch.slot, batch.parts.length);
      const { from, to } = states.tensors;
      if (bound.from !== from) bound.binding.input("hidden", from);
      if (bound.to !== to) bound.binding.output("hidden_out", to);
      [bound.from, bound.to] = [from, to];
      await bound.binding.run();
      states.turn();
    },
    async close() {
      for (const bound of bindings.values()) release(bound);
      bindings.clear();
      await lease.release();
    },
  };
}

function release({ binding, cache }: SlotBinding): void {
  binding.close();
  cache.key.close();
  cache.value.close();
}
