/** What the leader has published: passed on within the device, and carried out where it lets segments go. */
import { sameRef } from "../../runtime/actor/mod.ts";
import { leaderOf } from "../addresses.ts";
import { MAX_TERM_JUMP } from "../leader/election.ts";
import { type ActivePlan, comparePlans, type MeshState, modelOf, planNumbered, plansIn } from "../plan.ts";
import type { PublishMessage } from "./protocol.ts";
import type { SupervisorContext, SupervisorOptions, SupervisorState } from "./state.ts";

/** Whether what a leader says counts: of this term or a later one, but not absurdly so, or nobody could ever outrank it. */
export function isCurrent(state: SupervisorState, term: number): boolean {
  return term >= state.term && term <= state.term + MAX_TERM_JUMP;
}

/** Takes what the acting leader has published. */
export function published(
  state: SupervisorState,
  message: PublishMessage,
  options: SupervisorOptions,
  context: SupervisorContext,
): void {
  if (!isCurrent(state, message.term)) return;
  const before = state.mesh;
  state.term = message.term;
  state.leader = message.leader;
  state.mesh = message.state;
  context.tell(leaderOf(options.device), { ...message, type: "published" });
  context.tell(state.gateway, { type: "state", leader: message.leader, state: message.state });
  announceNews(before, message.state, options);
  for (const plan of plansIn(message.state)) reportMissing(state, plan, message.leader, options, context);
  letGo(state, message.state, context);
}

function announceNews(before: MeshState, now: MeshState, { announce }: SupervisorOptions): void {
  const told = new Set(reasonsIn(before));
  for (const reason of reasonsIn(now)) if (!told.has(reason)) announce({ type: "waiting", reason });
  for (const { number, model, segments } of plansIn(now)) {
    if (planNumbered(before, number) === undefined) announce({ type: "plan", ...number, model: model.name, segments });
  }
}

/** What is waited for: of each model, or by the mesh where it has none. */
function reasonsIn({ models, reason }: MeshState): string[] {
  if (models.length === 0) return [reason];
  return models.flatMap((model) => model.type === "waiting" ? [model.reason] : []);
}

/** A leader that took over cannot know that this device has been restarted since the plan was made. */
function reportMissing(
  state: SupervisorState,
  { number, segments }: ActivePlan,
  leader: string,
  { device }: SupervisorOptions,
  context: SupervisorContext,
): void {
  const missing = segments.some(({ device: where, ref }) => {
    return where === device && !state.held.some((held) => !held.stopping && sameRef(held.ref, ref));
  });
  if (!missing) return;
  const reason = "its segment is not loaded: the device has been restarted";
  context.tell(leaderOf(leader), { type: "segment-lost", device, number, reason });
}

/**
 * Stops the segments that the plans in force no longer need. Those of a model that waits for its plan stay, as it may
 * come to use them again; so do those that are newer than what is in force, as their plan is on its way.
 */
function letGo(state: SupervisorState, { models }: MeshState, context: SupervisorContext): void {
  const plans = models.flatMap((model) => model.type === "active" ? [model.plan] : []);
  const waiting = new Set(models.flatMap((model) => model.type === "waiting" ? [modelOf(model).id] : []));
  for (const held of state.held) {
    const user = plans.find(({ segments }) => segments.some(({ ref }) => sameRef(ref, held.ref)));
    if (user !== undefined) held.number = user.number;
    if (user !== undefined || held.stopping || waiting.has(held.model)) continue;
    const own = plans.filter(({ model }) => model.id === held.model);
    // A model that is not served any more has no plan of its own to be older than.
    const superseded = (own.length > 0 ? own : plans).some(({ number }) => comparePlans(held.number, number) < 0);
    if (!superseded) continue;
    held.stopping = true;
    void context.stop(held.ref);
  }
}
