/** Loaded graphs, one a block, shared by the segments that hold the block. */
import { readFile } from "node:fs/promises";
import type { KernelGraph, Kernels } from "./kernels.ts";

/** A loaded graph. */
export interface Session {
  readonly graph: KernelGraph;
  /** The same for graphs that differ in nothing but their weights. */
  readonly structure: string;
}

/** A session and how to give it back. */
export interface SessionLease extends Session {
  release(): Promise<void>;
}

/** Loads each block once and lets it go with its last user. */
export class Sessions {
  readonly #kernels: Kernels;
  readonly #held = new Map<string, { users: number; readonly session: Promise<Session> }>();

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  /** The graph of a block, loaded where it is not. @throws {KernelError} where it cannot be. */
  async lease(sha256: string, path: string): Promise<SessionLease> {
    const entry = this.#held.get(sha256) ?? { users: 0, session: load(this.#kernels, path) };
    this.#held.set(sha256, entry);
    entry.users++;
    const release = async (): Promise<void> => {
      if (--entry.users > 0) return;
      if (this.#held.get(sha256) === entry) this.#held.delete(sha256);
      (await entry.session).graph.close();
    };
    try {
      return { ...await entry.session, release };
    } catch (error) {
      this.#held.delete(sha256);
      throw error;
    }
  }
}

/** Makes something of leased sessions, or gives them back. @throws {KernelError} where one cannot be loaded. */
export async function whileLeased<T>(
  sessions: Sessions,
  files: readonly { readonly sha256: string; readonly graph: string }[],
  make: (leases: readonly SessionLease[]) => Promise<T>,
): Promise<T> {
  const leases: SessionLease[] = [];
  try {
    for (const { sha256, graph } of files) leases.push(await sessions.lease(sha256, graph));
    return await make(leases);
  } catch (error) {
    for (const lease of leases) await lease.release();
    throw error;
  }
}

async function load(kernels: Kernels, path: string): Promise<Session> {
  const text = await readFile(path, "latin1");
  // The file of the weights is named by their hash.
  return { graph: await kernels.load(path), structure: text.replaceAll(/[0-9a-f]{64}/g, "") };
}
