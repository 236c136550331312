/** What the leader has published: passed on within the device, and carried out where it lets segments go. */
import { sameRef } from "../../runtime/actor/mod.ts";
import { leaderOf } from "../addresses.ts";
import { MAX_TERM_JUMP } from "../leader/election.ts";
import { type ActivePlan, comparePlans, type MeshState } from "../plan.ts";
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
  if (message.state.type === "waiting") return;
  reportMissing(state, message.state.plan, message.leader, options, context);
  letGo(state, message.state.plan, context);
}

function announceNews(before: MeshState, now: MeshState, { announce }: SupervisorOptions): void {
  if (now.type === "waiting") {
    const news = before.type !== "waiting" || before.reason !== now.reason;
    if (news) announce({ type: "waiting", reason: now.reason });
    return;
  }
  const { number, model, segments } = now.plan;
  const news = before.type !== "active" || comparePlans(before.plan.number, number) !== 0;
  if (news) announce({ type: "plan", ...number, model: model.name, segments });
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

/** Stops the segments that the plan in force no longer needs. */
function letGo(state: SupervisorState, { number, segments }: ActivePlan, context: SupervisorContext): void {
  for (const held of state.held) {
    const used = segments.some(({ ref }) => sameRef(ref, held.ref));
    if (used) held.number = number;
    else if (comparePlans(held.number, number) < 0 && !held.stopping) {
      held.stopping = true;
      void context.stop(held.ref);
    }
  }
}
