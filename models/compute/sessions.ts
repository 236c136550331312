/** Loaded graphs, one a block, shared by the segments that hold the block. */
import type { KernelGraph, Kernels } from "./kernels.ts";

/** A graph and how to give it back. */
export interface SessionLease {
  readonly graph: KernelGraph;
  release(): Promise<void>;
}

/** Loads each block once and lets it go with its last user. */
export class Sessions {
  readonly #kernels: Kernels;
  readonly #held = new Map<string, { users: number; readonly graph: Promise<KernelGraph> }>();

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  /** The graph of a block, loaded where it is not. @throws {KernelError} where it cannot be. */
  async lease(sha256: string, path: string): Promise<SessionLease> {
    const entry = this.#held.get(sha256) ?? { users: 0, graph: this.#kernels.load(path) };
    this.#held.set(sha256, entry);
    entry.users++;
    const release = async (): Promise<void> => {
      if (--entry.users > 0) return;
      if (this.#held.get(sha256) === entry) this.#held.delete(sha256);
      (await entry.graph).close();
    };
    try {
      return { graph: await entry.graph, release };
    } catch (error) {
      this.#held.delete(sha256);
      throw error;
    }
  }
}
