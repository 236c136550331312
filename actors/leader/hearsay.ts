/** What devices tell each other of themselves: every leader actor listens, whether it leads or not. */
import { leaderOf } from "../addresses.ts";
import { type MeshState, modelOf } from "../plan.ts";
import type { Pin } from "../recall.ts";
import type { LeaderMessage } from "./protocol.ts";
import { fetchWanted } from "./questions.ts";
import { spread } from "./spread.ts";
import type { LeaderContext, LeaderOptions, LeaderState, OwnOffer } from "./state.ts";

type Told<T extends LeaderMessage["type"]> = Extract<LeaderMessage, { readonly type: T }>;

/** A device reports what it can do. */
export function heardReport(
  state: LeaderState,
  message: Told<"report">,
  { self, clock }: LeaderOptions,
  context: LeaderContext,
): void {
  if (message.report.device === self) {
    state.memory.report = message.report;
    spread(state, message, context);
  }
  if (state.acting === undefined) state.knowledge.report(message.report);
  else state.acting.reported(message.report, clock.now());
}

/** A balancer says that the plan does not hold on its device: the leader hears it behind the report that it rests on. */
export function proposed(
  state: LeaderState,
  message: Told<"propose">,
  { self, clock }: LeaderOptions,
  context: LeaderContext,
): void {
  const { acting, election: { leader } } = state;
  if (acting !== undefined) return acting.proposed(message.proposal, clock.now());
  if (message.proposal.device === self && leader !== undefined) context.tell(leaderOf(leader), message);
}

/** A device knows a model, and maybe what split people asked for. */
export function offered(
  state: LeaderState,
  message: Told<"offer">,
  options: LeaderOptions,
  context: LeaderContext,
): void {
  const { device, model, policy, complete, pin } = message;
  const { memory: { offers }, acting, knowledge } = state;
  const now = options.clock.now();
  // What this device has in full it goes on having, whatever part of it a plan assigns.
  if (device === options.self && (offers.get(model)?.complete !== true || complete)) {
    const known = offers.get(model);
    offers.set(model, { policy, complete });
    forgetOldest(offers);
    if (known === undefined || complete) spread(state, message, context);
  }
  if (acting === undefined) knowledge.offer(device, model, policy, complete);
  else acting.offered(device, model, policy, complete, now);
  if (pin !== undefined) recallPin(state, model, pin, now);
  fetchWanted(state, options, context);
}

/** A device says which blocks of a model it has on its disk. */
export function heldBlocks(
  state: LeaderState,
  message: Told<"holds">,
  { self, clock }: LeaderOptions,
  context: LeaderContext,
): void {
  const { device, model, blocks } = message;
  if (device === self) {
    state.memory.holds.set(model, blocks);
    spread(state, message, context);
  }
  if (state.acting === undefined) state.knowledge.holds(device, model, blocks);
  else state.acting.holds(device, model, blocks, clock.now());
}

/** What the acting leader has published: kept, so that this device can go on with it. */
export function published(
  state: LeaderState,
  mesh: MeshState,
  options: LeaderOptions,
  context: LeaderContext,
): void {
  state.memory.published = mesh;
  for (const one of mesh.models) {
    if (one.recall === undefined) continue;
    const { policy, pin, holders } = one.recall;
    const { id: model } = modelOf(one);
    if (state.memory.offers.get(model)?.complete !== true) {
      offered(state, { type: "offer", device: options.self, model, policy, complete: false }, options, context);
    }
    if (pin !== undefined) recallPin(state, model, pin, options.clock.now());
    state.knowledge.holdings.recall(model, holders, [options.self, ...state.election.peers]);
  }
}

/** Models that are recalled only because others told of them: what a member makes up must not fill the memory. */
const MAX_RECALLED = 16;

/** Forgets what was recalled first where there is too much of it. */
function forgetOldest(offers: Map<string, OwnOffer>): void {
  const recalled = [...offers].filter(([, { complete }]) => !complete);
  for (const [model] of recalled.slice(0, Math.max(0, recalled.length - MAX_RECALLED))) offers.delete(model);
}

/** The split that people asked for, as another device heard of it. */
function recallPin({ memory, election, acting }: LeaderState, model: string, pin: Pin, now: number): void {
  if (memory.pins.recall(model, pin, election.soundTerm)) acting?.repin(model, pin.split, now);
}
