/** Taking the lead, following another, and seeing to it that every device knows who leads. */
import { leaderOf } from "../addresses.ts";
import { Acting } from "./acting.ts";
import { type Claim, type Election, lead } from "./election.ts";
import type { LeaderMessage } from "./protocol.ts";
import { solve } from "./questions.ts";
import type { LeaderContext, LeaderOptions, LeaderState } from "./state.ts";

/** Takes the lead in a new term. */
export function claim(state: LeaderState, options: LeaderOptions, context: LeaderContext): void {
  follow(state, lead(state.election), options, context);
  repeat(state, options, context);
}

/** Says again who leads, and what is published, for those who have not heard it. */
export function repeat(state: LeaderState, { clock }: LeaderOptions, context: LeaderContext): void {
  state.claimedAt = clock.now();
  for (const peer of state.election.peers) contradict(state, peer, context);
  state.acting?.repeat();
}

/**
 * Answers a claim that is outranked. Where a rival led in the same term, its plans may bear the numbers of this leader's
 * plans: a new term tells them apart.
 */
export function dispute(state: LeaderState, rival: Claim, options: LeaderOptions, context: LeaderContext): void {
  if (state.acting !== undefined && rival.term === state.election.term) claim(state, options, context);
  else contradict(state, rival.leader, context);
}

/** Tells a device that may not know, or knows worse, who leads. */
export function contradict(state: LeaderState, to: string, context: LeaderContext): void {
  const { term, leader } = state.election;
  if (leader !== undefined) context.tell(leaderOf(to), { type: "claim", term, leader });
}

/** Adopts a view of the election: starts or ends acting, and tells a new leader what this device has to say. */
export function follow(
  state: LeaderState,
  election: Election,
  options: LeaderOptions,
  context: LeaderContext,
): void {
  const { leader: before, term } = state.election;
  const { memory } = state;
  state.election = election;
  memory.term = Math.max(memory.term, election.soundTerm);
  const { leader } = election;
  if (leader === undefined || (leader === before && election.term === term)) return;
  options.announce({ type: "leader", device: leader, term: election.term });
  if (leader !== options.self) memory.pins.clear();
  state.acting = leader === options.self ? act(state, options, context) : undefined;
  introduce(state, leader, options, context);
}

/** Tells a leader what this device can do and which models it knows. */
function introduce({ memory }: LeaderState, leader: string, { self }: LeaderOptions, context: LeaderContext): void {
  if (memory.report !== undefined) context.tell(leaderOf(leader), { type: "report", report: memory.report });
  for (const [model, offer] of memory.offers) {
    context.tell(leaderOf(leader), { type: "offer", device: self, model, ...offer });
  }
}

function act(state: LeaderState, options: LeaderOptions, context: LeaderContext): Acting {
  const { self: device, clock, announce } = options;
  const { memory, election } = state;
  return new Acting({
    term: election.term,
    device,
    self: context.self,
    published: memory.published,
    pins: memory.pins,
    send: (to, order) => context.tell(leaderOf(to), { type: "order", order }),
    live: () => [device, ...state.election.peers],
    solve: (id, request) => solve(id, request, options, context),
    warn: (message) => announce({ type: "warning", message }),
  }, clock.now());
}

/** Passes on to the leader what this device has to say. */
export function forward(state: LeaderState, message: LeaderMessage, { self }: LeaderOptions, context: LeaderContext) {
  const { leader } = state.election;
  if (leader !== undefined && leader !== self) context.tell(leaderOf(leader), message);
}
