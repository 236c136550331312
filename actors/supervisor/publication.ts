/** What the leader has published: passed on within the device, and carried out where it lets segments go. */
import { sameRef } from "../../runtime/actor/mod.ts";
import { balancerOf, leaderOf } from "../addresses.ts";
import type { PublishMessage, WithdrawMessage } from "../leader/orders.ts";
import { type ActivePlan, comparePlans, type MeshState, type PlannedSegment, planNumbered, plansIn } from "../plan.ts";
import { tellDrained } from "./conversations.ts";
import { giveUpLoad } from "./giving-up.ts";
import type { Held } from "./held.ts";
import { stopHeld } from "./heritage.ts";
import { tellNewHoldings } from "./holdings.ts";
import { isTakenUpAgain, newParts } from "./part.ts";
import { tellMirrors } from "./mirrors.ts";
import type { SupervisorContext, SupervisorOptions, SupervisorState } from "./state.ts";

/** Takes what the acting leader has published. */
export function published(
  state: SupervisorState,
  message: PublishMessage,
  options: SupervisorOptions,
  context: SupervisorContext,
): void {
  const before = state.mesh;
  state.mesh = message.state;
  context.tell(balancerOf(options.device), { type: "published", leader: message.leader, state: message.state });
  context.tell(state.gateway, { type: "state", leader: message.leader, state: message.state });
  tellNewHoldings(state, message.state, options, context);
  announceNews(before, message.state, options);
  for (const part of newParts(before, message.state, options.device)) options.announce(part);
  for (const plan of plansIn(message.state)) reportMissing(state, plan, message.leader, options, context);
  letGo(state, message, context);
  tellMirrors(state.held, plansIn(message.state), context);
  tellDrained(state, options, context);
}

function announceNews(before: MeshState, now: MeshState, { announce }: SupervisorOptions): void {
  const told = new Set(reasonsIn(before));
  for (const reason of reasonsIn(now)) if (!told.has(reason)) announce({ type: "waiting", reason });
  for (const plan of plansIn(now)) {
    const { number, model, segments, planner } = plan;
    if (planNumbered(before, number) !== undefined) continue;
    const again = isTakenUpAgain(plan, before, now);
    const pinned = planner === "pinned" ? { pinned: again ? "again" as const : "new" as const } : {};
    announce({ type: "plan", ...number, model: model.name, segments, ...pinned });
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
  { number, segments, model }: ActivePlan,
  leader: string,
  { device }: SupervisorOptions,
  context: SupervisorContext,
): void {
  const executors = segments.flatMap((
    segment,
  ) => [segment, ...segment.mirror ? [{ ...segment, ...segment.mirror }] : []]);
  const missing = executors.find((segment) => {
    return segment.device === device && !state.held.some((held) => !held.stopping && isMeant(held, segment, model));
  });
  if (missing === undefined) return;
  const reason = "its segment is not loaded: the device has been restarted, or the plan is not what was loaded";
  context.tell(leaderOf(leader), { type: "segment-lost", device, number, ref: missing.ref, reason });
}

/**
 * Whether a segment here is what a plan takes it for. A plan that outlives the leader that made it up is right if each of
 * its devices finds its own part right.
 */
function isMeant({ ref, assignment, loaded }: Held, segment: PlannedSegment, model: ActivePlan["model"]): boolean {
  const { first, last } = assignment;
  return sameRef(ref, segment.ref) && assignment.model === model.id && first === segment.first &&
    last === segment.last && loaded.manifest.blocks.length === model.blocks;
}

/**
 * Stops the segments that the plans in force no longer need. Those of a model that waits for its plan stay, as it may
 * come to use them again; so do those of an attempt that is under way.
 */
function letGo(state: SupervisorState, { term, state: { models } }: PublishMessage, context: SupervisorContext): void {
  const plans = plansIn({ models, reason: "" });
  const waiting = new Set(models.flatMap((model) => model.type === "waiting" ? [model.model.id] : []));
  for (const held of state.held) {
    const user = userOf(held, plans);
    if (user !== undefined) held.number = user.number;
    if (user !== undefined || held.stopping || waiting.has(held.assignment.model)) continue;
    const own = plans.filter(({ model }) => model.id === held.assignment.model);
    // A model that is not served any more has no plan of its own to be older than; an attempt ends with its leader's term.
    // One of the same number was a mirror, and is struck out: attempts under way have later ones.
    const older = (own.length > 0 ? own : plans).some(({ number }) => comparePlans(held.number, number) <= 0);
    if (older || (plans.length > 0 && held.number.term !== term)) stopHeld(held, context);
  }
}

function userOf(held: Held, plans: readonly ActivePlan[]): ActivePlan | undefined {
  return plans.find(({ segments }) => {
    return segments.some(({ ref, mirror }) => sameRef(ref, held.ref) || (mirror && sameRef(mirror.ref, held.ref)));
  });
}

/** Forgets an attempt that has been given up: what is being loaded for it, and what was and nothing else uses. */
export function withdraw(state: SupervisorState, { number }: WithdrawMessage, context: SupervisorContext): void {
  for (const [model, { assignment }] of state.loading) {
    if (comparePlans(assignment.number, number) === 0) giveUpLoad(state, model);
  }
  const plans = plansIn(state.mesh);
  for (const held of state.held) {
    if (held.stopping || comparePlans(held.number, number) !== 0) continue;
    const user = userOf(held, plans);
    if (user === undefined) stopHeld(held, context);
    else held.number = user.number;
  }
}
