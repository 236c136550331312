/** What of the block store is in use here, and letting go of the rest: between loads, so that nothing goes that one counts on. */
import type { BlockStore, StoredFile } from "../../models/store/mod.ts";
import { reply } from "../../runtime/actor/mod.ts";
import { manifestBlobs } from "../../models/manifest-blobs.ts";
import { modelOf } from "../plan.ts";
import { tellHoldings } from "./holdings.ts";
import { blobsOf } from "./loading.ts";
import type { DiscardMessage, StoreUse } from "./protocol.ts";
import type { SupervisorContext, SupervisorOptions, SupervisorState } from "./state.ts";

/** What runs here or is about to, and what the mesh serves or is to serve. */
export async function storeUse(
  { held, loading, mesh, chartered }: Pick<SupervisorState, "held" | "loading" | "mesh" | "chartered">,
  store: Pick<BlockStore, "manifest">,
): Promise<StoreUse> {
  const running = held.flatMap(({ assignment: { first, last }, loaded: { manifest } }) => {
    return blobsOf(manifest.blocks.slice(first, last + 1), manifest);
  });
  const coming = await Promise.all([...loading.keys()].map(async (model) => {
    const manifest = await store.manifest(model);
    return manifest === undefined ? [] : manifestBlobs(manifest);
  }));
  return {
    blobs: [...new Set([...running, ...coming.flat()].map(({ sha256 }) => sha256))],
    running: [...new Set(held.map(({ assignment }) => assignment.model))],
    served: [...new Set([...mesh.models.map(modelOf), ...chartered].map(({ id }) => id))],
  };
}

/**
 * Lets go of files, but for those that are in use when it is their turn: loads, and deletions, come one after another. Blocks
 * that are being fetched in reserve are given up for it.
 */
export function discard(
  state: SupervisorState,
  { files, models, replyTo }: DiscardMessage,
  options: SupervisorOptions,
  context: SupervisorContext,
): void {
  const { store } = options;
  state.reserving.abort();
  state.reserving = new AbortController();
  const task = state.loads.then(async () => {
    const used = new Set((await storeUse(state, store)).blobs);
    const gone: StoredFile[] = [];
    for (const file of files) {
      if (!used.has(file.sha256) && await store.stock.discard(file)) gone.push(file);
    }
    return gone;
  });
  state.loads = task.catch(() => {});
  task.catch((error) => {
    options.announce({ type: "warning", message: `Blocks could not be deleted: ${String(error?.message ?? error)}` });
    return [];
  }).then((gone) => {
    reply(context, replyTo, gone);
    for (const model of models) tellHoldings(state, model, options, context);
  });
}
