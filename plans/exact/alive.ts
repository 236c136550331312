/** Starts of runs that some chain below the limit may have; the others need not be looked at again. */
import { at } from "../weights.ts";
import type { ClassWeights } from "./classes.ts";
import type { Neighbourhoods } from "./neighbourhoods.ts";

/** For each block, which classes may start or may have ended a run there. */
export interface Alive {
  /** [N]: classes that may start a run. */
  readonly starts: readonly Int32Array[];
  /** [N]: the same by site. */
  readonly startsBySite: readonly (readonly Int32Array[])[];
  /** [N]: classes that may have ended a run before the block. */
  readonly ends: readonly Int32Array[];
}

/** Everything that memory and policy allow. */
export function everythingAlive(weights: ClassWeights, near: Neighbourhoods): Alive {
  return aliveWhere(weights, near, () => true);
}

/** What memory and policy allow and `keeps` lets through. */
export function aliveWhere(
  { blocks: N, devices: C, reach }: ClassWeights,
  { site, sites }: Neighbourhoods,
  keeps: (block: number, device: number) => boolean,
): Alive {
  const starts: Int32Array[] = [];
  const startsBySite: (readonly Int32Array[])[] = [];
  const ending = new Int32Array(C);
  const ends: Int32Array[] = [];
  for (let i = 0; i < N; i++) {
    ends.push(Int32Array.from({ length: C }, (_, c) => c).filter((c) => at(ending, c) >= i));
    const alive = Int32Array.from({ length: C }, (_, c) => c).filter((c) => at(reach, c * N + i) > i && keeps(i, c));
    for (const c of alive) ending[c] = Math.max(at(ending, c), at(reach, c * N + i));
    starts.push(alive);
    startsBySite.push(sites.map((_, home) => alive.filter((c) => site[c] === home)));
  }
  return { starts, startsBySite, ends };
}
