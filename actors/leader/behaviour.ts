/**
 * The leader. Every device hosts one; the acting one, elected by term, owns the plans: it gathers reports and offers, places
 * the models, has the segments prepared, and publishes a plan once every one of them is loaded. The others
 * tell all what their device has to say, listen, and remember what was published: any of them can take over with the same
 * plans, at once.
 */
import { type Behaviour, next, reply } from "../../runtime/actor/mod.ts";
import { leaderOf } from "../addresses.ts";
import {
  arrive,
  bereaved,
  depart,
  hear,
  isNext,
  JOIN_MILLISECONDS,
  leaderless,
  RETURN_MILLISECONDS,
  type Reunion,
  SETTLE_MILLISECONDS,
  shouldClaim,
} from "./election.ts";
import * as chartering from "./chartering.ts";
import { heardReport, heldBlocks, offered, proposed } from "./hearsay.ts";
import { Knowledge } from "./knowledge.ts";
import { claim, contradict, dispute, follow, introduce, repeat } from "./leading.ts";
import { obey, tellElected } from "./obeying.ts";
import { leaving } from "./leaving.ts";
import { acceptLeaderMessage, type LeaderMessage } from "./protocol.ts";
import { fetched, fetchWanted, study } from "./questions.ts";
import { spread } from "./spread.ts";
import { type LeaderContext, type LeaderOptions, type LeaderState, type Memory, nothingRemembered } from "./state.ts";

export type { LeaderOptions } from "./state.ts";

/** How often deadlines are looked at. */
const TICK_MILLISECONDS = 250;
/** Ticks that are this late say that the device was asleep. */
const ASLEEP_MILLISECONDS = 1500;
/** How often a leader says that it leads: a device that missed it finds back within this time. */
const CLAIM_MILLISECONDS = 2000;

/** Answer to a pin while nobody leads. */
const CHOOSING = { type: "refused", reason: "The mesh is choosing a leader. Try again in a moment." } as const;

/** The same to whoever asks for a model: it is asked for again. */
const NOBODY_LEADS = { ...CHOOSING, why: "unknown" } as const;

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
      wake(state, options, context);
      return next(state);
    },
  };
}

function start(memory: Memory, options: LeaderOptions, context: LeaderContext): LeaderState {
  const { self, clock, joins, peers, returns = false } = options;
  context.after(TICK_MILLISECONDS, { type: "tick" });
  const known = new Set(peers().map(({ device }) => device));
  const looking = returns ? RETURN_MILLISECONDS : JOIN_MILLISECONDS;
  const dueAt = clock.now() + (joins && known.size === 0 ? looking : SETTLE_MILLISECONDS);
  const { term } = memory;
  const state: LeaderState = {
    memory,
    knowledge: new Knowledge(() => [self, ...state.election.peers]),
    election: {
      self,
      term,
      soundTerm: term,
      leader: undefined,
      peers: known,
      dueAt,
      company: known.size,
      reunion: reunionOf(options),
    },
    lookedAt: clock.now(),
    wakeAt: undefined,
    claimedAt: 0,
    preparedFor: undefined,
    acting: undefined,
    fetching: new Map(),
  };
  for (const device of known) tellOfNone(device, { self, asks: true }, context);
  tellElected(state, undefined, options, context);
  chartering.takeUp(state, options, context);
  return state;
}

/** Who had blocks when this device was last up. Where it was alone, there is nobody to wait for, and nobody to ask. */
function reunionOf({ self, charter }: LeaderOptions): Reunion | undefined {
  const devices = charter?.kept?.holders.flatMap(({ holders }) => holders.map(({ device }) => device)) ?? [];
  const expected = new Set(devices.filter((device) => device !== self));
  return expected.size === 0 ? undefined : { expected, leaderless: new Set() };
}

function receive(state: LeaderState, message: LeaderMessage, options: LeaderOptions, context: LeaderContext): void {
  const now = options.clock.now();
  switch (message.type) {
    case "tick":
      context.after(TICK_MILLISECONDS, { type: "tick" });
      return look(state, options, context);
    case "wake":
      state.wakeAt = undefined;
      return look(state, options, context);
    case "claim":
      follow(state, hear(state.election, message, message.from), options, context);
      if (state.election.leader !== message.leader) dispute(state, message, options, context);
      return;
    case "peer-up":
      return met(state, message.device, options, context);
    case "peer-down":
      return lost(state, message.device, options, context);
    case "bereaved":
      return void (state.election = bereaved(state.election, message.device, message, now));
    case "leaderless":
      return heardOfNone(state, message, options, context);
    case "order":
      return obey(state, message.order, options, context);
    case "report":
      return heardReport(state, message, options, context);
    case "charter":
    case "charter-checked":
    case "charter-signed":
      return chartering.receive(state, message, options, context);
    case "holds":
      return heldBlocks(state, message, options, context);
    case "offer":
      return offered(state, message, options, context);
    case "manifest":
      return fetched(state, message, options);
    case "study":
      return study(state, message, options, context);
    case "pin":
    case "use":
      return asked(state, message, now, context);
    case "propose":
      return proposed(state, message, options, context);
    case "solved":
    case "pace":
    case "preparing":
    case "prepared":
    case "unprepared":
    case "segment-lost":
    case "drained":
      return state.acting?.told(message, now);
    case "leaving":
      return leaving(state, message, options, context);
    default:
      return message satisfies never;
  }
}

/** A peer has no leader yet; nor has this device, perhaps. */
function heardOfNone(
  state: LeaderState,
  { device, asks }: Extract<LeaderMessage, { readonly type: "leaderless" }>,
  { self, clock }: LeaderOptions,
  context: LeaderContext,
): void {
  if (asks && state.election.leader === undefined) tellOfNone(device, { self, asks: false }, context);
  state.election = leaderless(state.election, device, clock.now());
}

function tellOfNone(
  to: string,
  { self: device, asks }: { readonly self: string; readonly asks: boolean },
  context: LeaderContext,
): void {
  context.tell(leaderOf(to), { type: "leaderless", device, asks });
}

/** People ask for a split, or for a model. */
function asked(
  { acting }: LeaderState,
  message: Extract<LeaderMessage, { readonly type: "pin" | "use" }>,
  now: number,
  context: LeaderContext,
): void {
  if (message.type === "use") return reply(context, message.replyTo, acting?.use(message, now) ?? NOBODY_LEADS);
  reply(context, message.replyTo, acting?.pin(message.model, message.split, now) ?? CHOOSING);
}

/** A device has come: it is told what this one has to say, and who leads. */
function met(state: LeaderState, device: string, options: LeaderOptions, context: LeaderContext): void {
  state.election = arrive(state.election, device, options.clock.now());
  if (state.election.leader === undefined) tellOfNone(device, { self: options.self, asks: false }, context);
  introduce(state, device, options, context);
  chartering.tellCharter(state, device, context);
  contradict(state, device, context);
}

/** A device has left. Where it led, the others are told that it is lost here too: who is next need not wait then. */
function lost(state: LeaderState, device: string, { clock, self }: LeaderOptions, context: LeaderContext): void {
  const now = clock.now();
  const { leader, term } = state.election;
  state.election = depart(state.election, device, now, now - state.lookedAt > ASLEEP_MILLISECONDS);
  if (leader === device) spread(state, { type: "bereaved", device: self, term, leader }, context);
  if (state.acting === undefined) state.knowledge.forget(device);
  else state.acting.lost(device, now);
}

/** Sees to it that what is due before the next tick is looked at in time. */
function wake(state: LeaderState, { clock }: LeaderOptions, context: LeaderContext): void {
  const { election, acting, lookedAt, wakeAt = Infinity } = state;
  const due = Math.min(election.leader === undefined ? election.dueAt : Infinity, acting?.dueAt ?? Infinity);
  // What was due when deadlines were last looked at, and still is, waits for something else.
  if (due <= lookedAt || due >= Math.min(wakeAt, lookedAt + TICK_MILLISECONDS)) return;
  state.wakeAt = due;
  context.after(Math.max(0, due - clock.now()), { type: "wake" });
}

/** Has the planner ready where this device leads next, unless all models are split evenly: once a term is enough. */
function prepare(state: LeaderState, { solver }: LeaderOptions): void {
  const { election, preparedFor, memory: { published } } = state;
  if (preparedFor === election.term || !isNext(election)) return;
  if (!published.models.some(({ recall }) => recall !== undefined && recall.policy.objective !== "even")) return;
  state.preparedFor = election.term;
  solver.prepare();
}

/** Looks at what is due. */
function look(state: LeaderState, options: LeaderOptions, context: LeaderContext): void {
  const now = options.clock.now();
  state.lookedAt = now;
  if (shouldClaim(state.election, now)) claim(state, options, context);
  else if (state.acting !== undefined && now - state.claimedAt >= CLAIM_MILLISECONDS) repeat(state, options, context);
  state.acting?.tick(now);
  chartering.tend(state, options, context);
  prepare(state, options);
  fetchWanted(state, options, context);
}
