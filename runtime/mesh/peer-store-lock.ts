import type { Libp2p } from "@libp2p/interface";

/**
 * Makes libp2p's peer store take its first lock, and closes what that opens: a BroadcastChannel by which threads would
 * share the lock (package mortice), one a process. Nobody shares it here; Node forgets it by `unref`, which Deno lacks, so
 * there it would keep the process alive for ever after the mesh has stopped.
 */
export function closePeerStoreChannel(libp2p: Libp2p): void {
  const Original = globalThis.BroadcastChannel;
  if (Original === undefined || "unref" in Original.prototype) return;
  globalThis.BroadcastChannel = class extends Original {
    constructor(name: string) {
      super(name);
      this.close();
    }
  };
  try {
    // The lock is made before the first await.
    void libp2p.peerStore.has(libp2p.peerId);
  } finally {
    globalThis.BroadcastChannel = Original;
  }
}
