/** Taking the lead, following another, and seeing to it that every device knows who leads. */
import { balancerOf, leaderOf } from "../addresses.ts";
import { Acting } from "./acting.ts";
import { amend } from "./chartering.ts";
import { type Claim, type Election, lead } from "./election.ts";
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
  state.acting?.publish();
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
  state.acting = leader === options.self ? act(state, options, context) : undefined;
  introduce(state, leader, options, context);
}

/** Tells a device what this one can do, which models it knows and what it has of them. */
export function introduce({ memory }: LeaderState, to: string, { self }: LeaderOptions, context: LeaderContext): void {
  const { report, offers, holds, pins } = memory;
  if (report !== undefined) context.tell(leaderOf(to), { type: "report", report });
  for (const [model, offer] of offers) {
    const pin = pins.get(model);
    context.tell(leaderOf(to), { type: "offer", device: self, model, ...offer, ...(pin === undefined ? {} : { pin }) });
  }
  for (const [model, blocks] of holds) context.tell(leaderOf(to), { type: "holds", device: self, model, blocks });
}

function act(state: LeaderState, options: LeaderOptions, context: LeaderContext): Acting {
  const { self: device, clock, announce, balances } = options;
  const { memory, election } = state;
  return new Acting({
    term: election.term,
    device,
    self: context.self,
    published: memory.published,
    knowledge: state.knowledge,
    pins: memory.pins,
    send: (to, order) => context.tell(leaderOf(to), { type: "order", order }),
    live: () => [device, ...state.election.peers],
    solve: (id, request) => solve(id, request, options, context),
    warn: (message) => announce({ type: "warning", message }),
    balances,
    ...(options.charter === undefined ? {} : {
      charter: {
        current: () => memory.charter,
        amend: (models) => amend(state, models, options, context),
      },
    }),
    explain: (step, reason) => announce({ type: "balance", step, reason }),
    advise: (to, verdict) => context.tell(balancerOf(to), { type: "verdict", leader: device, ...verdict }),
  }, clock.now());
}
