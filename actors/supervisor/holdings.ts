/** What this device has on its disk of the models that are served: the leaders of all devices are told. */
import { leaderOf } from "../addresses.ts";
import type { CharteredModel } from "../charter.ts";
import { type MeshState, modelOf } from "../plan.ts";
import type { SupervisorContext, SupervisorOptions, SupervisorState } from "./state.ts";

/**
 * Tells what is here of models that the mesh is to serve: nobody else may know what they are made of, where all devices have
 * been off.
 */
export function tellChartered(
  state: SupervisorState,
  models: readonly CharteredModel[],
  { device, loading }: SupervisorOptions,
  context: SupervisorContext,
): void {
  state.chartered = models;
  for (const { id: model, policy } of models) {
    if (state.told.has(model)) continue;
    loading.holdings(model).then((blocks) => {
      if (blocks === undefined) return;
      state.told.add(model);
      context.tell(leaderOf(device), { type: "offer", device, model, policy, complete: false });
      context.tell(leaderOf(device), { type: "holds", device, model, blocks });
    }).catch(() => {
      // A disk that cannot be read holds nothing to go on with.
    });
  }
}

/** Looks again at what is here of a model, and tells. */
export function tellHoldings(
  state: SupervisorState,
  model: string,
  { device, loading }: SupervisorOptions,
  context: SupervisorContext,
): void {
  loading.holdings(model).then((blocks) => {
    // What is described here has been looked at; what is not yet is looked at again with the next word of it.
    if (blocks !== undefined) state.told.add(model);
    context.tell(leaderOf(device), { type: "holds", device, model, blocks: blocks ?? [] });
  }).catch(() => {
    // A disk that cannot be read gives nobody a copy.
  });
}

/** Tells what is here of models that are new to this device, as it is after a restart. */
export function tellNewHoldings(
  state: SupervisorState,
  { models }: MeshState,
  options: SupervisorOptions,
  context: SupervisorContext,
): void {
  for (const { id } of models.map(modelOf)) if (!state.told.has(id)) tellHoldings(state, id, options, context);
}
