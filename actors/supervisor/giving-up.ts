/** Loads that are not wanted any more. */
import type { SupervisorState } from "./state.ts";

/** Ends what is being loaded of a model. What has just been loaded, and of which no executor has come yet, is closed. */
export function giveUpLoad(state: Pick<SupervisorState, "loading">, model: string): void {
  const pending = state.loading.get(model);
  state.loading.delete(model);
  pending?.abort.abort();
  if (pending?.outcome?.type === "loaded") void pending.outcome.segment.compute.close();
}
