/**
 * The leader. Every device hosts one; the acting one, elected by term, owns the plans: it gathers reports and offers, places
 * the models, has the segments prepared, and publishes a plan once every one of them is loaded. The others
 * tell all what their device has to say, listen, and remember what was published: any of them can take over with the same
 * plans, at once.
 */
import { type Behaviour, next, reply } from "../../runtime/actor/mod.ts";
import { arrive, depart, hear, JOIN_MILLISECONDS, SETTLE_MILLISECONDS, shouldClaim } from "./election.ts";
import { heardReport, heldBlocks, offered } from "./hearsay.ts";
import { Knowledge } from "./knowledge.ts";
import { claim, contradict, dispute, follow, introduce, repeat } from "./leading.ts";
import { obey, tellElected } from "./obeying.ts";
import { acceptLeaderMessage, type LeaderMessage } from "./protocol.ts";
import { fetched, fetchWanted, study } from "./questions.ts";
import { type LeaderContext, type LeaderOptions, type LeaderState, type Memory, nothingRemembered } from "./state.ts";

export type { LeaderOptions } from "./state.ts";

/** How often deadlines are looked at. */
const TICK_MILLISECONDS = 250;
/** How often a leader says that it leads: a device that missed it finds back within this time. */
const CLAIM_MILLISECONDS = 2000;

/** Makes the leader's behaviour. */
export function leader(options: LeaderOptions): Behaviour<LeaderState, LeaderMessage> {
  const memory = nothingRemembered();
  return {
    accepts: acceptLeaderMessage,
    start: (context) => start(memory, options, context),
    receive(state, message, context) {
      const before = state.election;
      receive(state, message, options, context);
      tellElected(state, before, options, context);
      return next(state);
    },
  };
}

function start(memory: Memory, options: LeaderOptions, context: LeaderContext): LeaderState {
  const { self, clock, joins, peers } = options;
  context.after(TICK_MILLISECONDS, { type: "tick" });
  const known = new Set(peers().map(({ device }) => device));
  const dueAt = clock.now() + (joins && known.size === 0 ? JOIN_MILLISECONDS : SETTLE_MILLISECONDS);
  const { term } = memory;
  const state: LeaderState = {
    memory,
    knowledge: new Knowledge(() => [self, ...state.election.peers]),
    election: { self, term, soundTerm: term, leader: undefined, peers: known, dueAt },
    claimedAt: 0,
    acting: undefined,
    fetching: new Map(),
  };
  tellElected(state, undefined, options, context);
  return state;
}

function receive(
  state: LeaderState,
  message: LeaderMessage,
  options: LeaderOptions,
  context: LeaderContext,
): void {
  const { acting } = state;
  const now = options.clock.now();
  switch (message.type) {
    case "tick":
      return tick(state, options, context);
    case "claim":
      follow(state, hear(state.election, message, message.from), options, context);
      if (state.election.leader !== message.leader) dispute(state, message, options, context);
      return;
    case "peer-up":
      state.election = arrive(state.election, message.device, now);
      introduce(state, message.device, options, context);
      return contradict(state, message.device, context);
    case "peer-down":
      state.election = depart(state.election, message.device, now);
      if (acting === undefined) state.knowledge.forget(message.device);
      return acting?.lost(message.device, now);
    case "order":
      return obey(state, message.order, options, context);
    case "report":
      return heardReport(state, message, options, context);
    case "holds":
      return heldBlocks(state, message, options, context);
    case "offer":
      return offered(state, message, options, context);
    case "manifest":
      return fetched(state, message, options);
    case "study":
      return study(state, message, options, context);
    case "solved":
      return acting?.solved(message.id, message.answer, now);
    case "pin": {
      const choosing = { type: "refused", reason: "The mesh is choosing a leader. Try again in a moment." } as const;
      return reply(context, message.replyTo, acting?.pin(message.model, message.split, now) ?? choosing);
    }
    case "preparing":
    case "prepared":
    case "unprepared":
      return acting?.heard(message, now);
    case "segment-lost":
      return acting?.segmentLost(message.device, message.number, `${message.device}: ${message.reason}`, now);
    default:
      return message satisfies never;
  }
}

function tick(state: LeaderState, options: LeaderOptions, context: LeaderContext): void {
  context.after(TICK_MILLISECONDS, { type: "tick" });
  const now = options.clock.now();
  if (shouldClaim(state.election, now)) claim(state, options, context);
  else if (state.acting !== undefined && now - state.claimedAt >= CLAIM_MILLISECONDS) repeat(state, options, context);
  state.acting?.tick(now);
  fetchWanted(state, options, context);
}
