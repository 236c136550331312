/** What a leader asks of others: its planner, and libraries that know a model. Answers come as messages to itself. */
import { reply } from "../../runtime/actor/mod.ts";
import { errorText } from "../../runtime/error-text.ts";
import { fetchManifest } from "../library/fetch-manifest.ts";
import { modelOf } from "../plan.ts";
import type { LeaderMessage } from "./protocol.ts";
import type { SolveRequest } from "./solver.ts";
import type { LeaderContext, LeaderOptions, LeaderState } from "./state.ts";

/** A manifest that nobody gave is asked for again after this time. */
const MANIFEST_RETRY_MILLISECONDS = 2000;

/** Has the planner solve a problem. */
export function solve(id: number, request: SolveRequest, { solver }: LeaderOptions, context: LeaderContext): void {
  solver.solve(request).then(
    (answer) => context.tell(context.self, { type: "solved", id, answer }),
    (error) => context.tell(context.self, { type: "solved", id, answer: { error: errorText(error) } }),
  );
}

/** Has the planner look into what a person wonders about; the mesh is not touched. */
export function study(
  state: LeaderState,
  { model, changes, models, replyTo }: Extract<LeaderMessage, { type: "study" }>,
  { solver, clock }: LeaderOptions,
  context: LeaderContext,
): void {
  const request = state.acting?.study(model, changes, models, clock.now());
  if (request === undefined) {
    const reason = "There is nothing to plan yet: the mesh has no leader, or no model.";
    return reply(context, replyTo, { type: "refused", reason });
  }
  solver.solve(request).then(
    (answer) => reply(context, replyTo, { type: "studied", answer }),
    (error) => reply(context, replyTo, { type: "refused", reason: errorText(error) }),
  );
}

/**
 * Asks for the manifests that are not known here: of models that were offered where this device leads, else of those that
 * are served, in case it leads next.
 */
export function fetchWanted(state: LeaderState, { store, self, clock }: LeaderOptions, context: LeaderContext): void {
  const served = new Set(state.memory.published.models.map((model) => modelOf(model).id));
  for (const { model, sources } of state.knowledge.undescribed()) {
    if (state.acting === undefined && !served.has(model)) continue;
    if (clock.now() < (state.fetching.get(model) ?? 0)) continue;
    state.fetching.set(model, Infinity);
    const others = sources.filter((source) => source !== self);
    fetchManifest(model, { store, sender: context, sources: others, signal: context.signal }).then(
      (manifest) => context.tell(context.self, { type: "manifest", model, manifest }),
      (error) => context.tell(context.self, { type: "manifest", model, error: errorText(error) }),
    );
  }
}

/** Takes what became of it. */
export function fetched(
  state: LeaderState,
  message: Extract<LeaderMessage, { type: "manifest" }>,
  { clock, announce }: LeaderOptions,
): void {
  if ("manifest" in message) {
    state.fetching.delete(message.model);
    if (state.acting === undefined) return state.knowledge.describe(message.manifest);
    return state.acting.described(message.manifest, clock.now());
  }
  state.fetching.set(message.model, clock.now() + MANIFEST_RETRY_MILLISECONDS);
  if (state.acting !== undefined) announce({ type: "warning", message: message.error });
}
