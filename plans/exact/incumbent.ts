/** The best chain so far, what is wanted of it, and when to stop. */
import { type Chain, chainCost } from "./chain.ts";
import type { IndexedRun } from "../weights.ts";
import type { ClassWeights } from "./classes.ts";

export interface CheapestOptions {
  /** Only chains below this cost are of interest. Default: all. */
  readonly limit?: number;
  /** A chain of this cost or less will do. Default: none does. */
  readonly accept?: number;
  readonly gap: number;
  readonly expired: () => boolean;
  /** Only the opening: good chains and a bound, no attempt at a proof. Default: false. */
  readonly quick?: boolean;
  /** A chain to start from. */
  readonly known?: Chain;
}

export class Incumbent {
  readonly gap: number;
  readonly limit: number;
  readonly accept: number;
  readonly expired: () => boolean;
  readonly #weights: ClassWeights;
  #best: Chain | undefined;

  constructor(weights: ClassWeights, { gap, expired, limit = Infinity, accept = -Infinity, known }: CheapestOptions) {
    [this.#weights, this.gap, this.limit, this.accept] = [weights, gap, limit, accept];
    [this.expired, this.#best] = [expired, known];
  }

  get best(): Chain | undefined {
    return this.#best;
  }

  /** What a chain must cost less than to be of interest. */
  get target(): number {
    return Math.min(this.limit, this.#best?.cost ?? Infinity);
  }

  offer(chain: Chain | undefined): void {
    if (chain !== undefined && chain.cost < this.target) this.#best = chain;
  }

  /** Offers a chain of the relaxation, which may be a real one. */
  readonly see = (runs: readonly IndexedRun[]): void => {
    this.offer({ runs, cost: chainCost(this.#weights, runs) });
  };

  /** Whether a lower bound settles the matter. */
  readonly enough = (bound: number): boolean => {
    return bound >= this.target * (1 - Math.max(this.gap, 1e-10)) || this.target <= this.accept;
  };
}
