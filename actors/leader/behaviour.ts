/**
 * The leader. Every device hosts one; the acting one, elected by term, owns the plan: it gathers reports and offers, places
 * the model, has the segments prepared, and publishes the plan once every one of them is loaded. The others pass on what
 * their device has to say and remember what was published, so that any of them can take over with the same plan.
 */
import type { Manifest } from "../../models/manifest.ts";
import { type Behaviour, type Context, next, reply } from "../../runtime/actor/mod.ts";
import { leaderOf, supervisorOf } from "../addresses.ts";
import type { Device } from "../device.ts";
import { type MeshState, noModels } from "../plan.ts";
import { Acting } from "./acting.ts";
import {
  arrive,
  type Claim,
  depart,
  type Election,
  hear,
  JOIN_MILLISECONDS,
  SETTLE_MILLISECONDS,
  shouldClaim,
} from "./election.ts";
import type { ServingPolicy } from "./policy.ts";
import { acceptLeaderMessage, type DeviceReport, type LeaderMessage } from "./protocol.ts";

/** How often deadlines are looked at. */
const TICK_MILLISECONDS = 250;
/** How often a leader says that it leads: a device that missed it finds back within this time. */
const CLAIM_MILLISECONDS = 2000;

/** A model that this device knows; `complete`: with all of its blocks. */
interface Offer {
  readonly manifest: Manifest;
  readonly policy: ServingPolicy;
  readonly complete: boolean;
}

interface LeaderState {
  election: Election;
  /** When this device last said that it leads. */
  claimedAt: number;
  published: MeshState;
  /** Present while this device leads. */
  acting: Acting | undefined;
}

/** Makes the leader's behaviour. */
export function leader(device: Device): Behaviour<LeaderState, LeaderMessage> {
  // Outlives a crash of the actor: a leader that forgot its term could never lead again, nor one's model be offered.
  const memory: { term: number; report: DeviceReport | undefined; readonly offers: Map<string, Offer> } = {
    term: 0,
    report: undefined,
    offers: new Map(),
  };
  return {
    accepts: acceptLeaderMessage,
    start(context) {
      context.after(TICK_MILLISECONDS, { type: "tick" });
      const peers = new Set(device.peers().map((peer) => peer.device));
      const dueAt = device.clock.now() + (device.joins && peers.size === 0 ? JOIN_MILLISECONDS : SETTLE_MILLISECONDS);
      return {
        election: { self: device.id, term: memory.term, leader: undefined, peers, dueAt },
        claimedAt: 0,
        published: noModels("The mesh has no leader yet."),
        acting: undefined,
      };
    },
    receive(state, message, context) {
      const now = device.clock.now();
      switch (message.type) {
        case "tick":
          context.after(TICK_MILLISECONDS, { type: "tick" });
          if (shouldClaim(state.election, now)) claim(state, context);
          else if (state.acting !== undefined && now - state.claimedAt >= CLAIM_MILLISECONDS) repeat(state, context);
          state.acting?.tick(now);
          break;
        case "claim":
          follow(state, hear(state.election, message), context);
          if (state.election.leader !== message.leader) dispute(state, message, context);
          break;
        case "peer-up":
          state.election = arrive(state.election, message.device, now);
          contradict(state, message.device, context);
          break;
        case "peer-down":
          state.election = depart(state.election, message.device, now);
          state.acting?.lost(message.device, now);
          break;
        case "published":
          state.published = message.state;
          break;
        case "report":
          if (message.report.device === device.id) {
            memory.report = message.report;
            forward(state, message, context);
          }
          state.acting?.reported(message.report, now);
          break;
        case "offer": {
          const { manifest, policy, complete } = message;
          if (message.device === device.id) {
            const known = memory.offers.get(manifest.id);
            // What this device has in full it goes on having, whatever part of it a plan assigns.
            if (known?.complete !== true || complete) memory.offers.set(manifest.id, { manifest, policy, complete });
            forward(state, message, context);
          }
          state.acting?.offered(message.device, manifest, policy, complete, now);
          break;
        }
        case "study":
          study(state, message, context);
          break;
        case "solved":
          state.acting?.solved(message.id, message.answer, now);
          break;
        case "pin":
          reply(
            context,
            message.replyTo,
            state.acting?.pin(message.split, now) ??
              { type: "refused", reason: "The mesh is choosing a leader. Try again in a moment." },
          );
          break;
        case "preparing":
        case "prepared":
        case "unprepared":
          state.acting?.heard(message, now);
          break;
        case "segment-lost":
          state.acting?.segmentLost(message.device, message.number, `${message.device}: ${message.reason}`, now);
          break;
        default:
          message satisfies never;
      }
      return next(state);
    },
  };

  /** Takes the lead in a new term. */
  function claim(state: LeaderState, context: Context<LeaderMessage>): void {
    follow(state, { ...state.election, term: state.election.term + 1, leader: device.id }, context);
    repeat(state, context);
  }

  /** Says again who leads, for those who have not heard it. */
  function repeat(state: LeaderState, context: Context<LeaderMessage>): void {
    state.claimedAt = device.clock.now();
    for (const peer of state.election.peers) contradict(state, peer, context);
    state.acting?.repeat();
  }

  /**
   * Answers a claim that is outranked. Where a rival led in the same term, its plans may bear the numbers of this leader's
   * plans: a new term tells them apart.
   */
  function dispute(state: LeaderState, rival: Claim, context: Context<LeaderMessage>): void {
    if (state.acting !== undefined && rival.term === state.election.term) claim(state, context);
    else contradict(state, rival.leader, context);
  }

  /** Adopts a view of the election: starts or ends acting, and tells a new leader what this device has to say. */
  function follow(state: LeaderState, election: Election, context: Context<LeaderMessage>): void {
    const { leader: before, term } = state.election;
    state.election = election;
    memory.term = Math.max(memory.term, election.term);
    const { leader } = election;
    if (leader === undefined || (leader === before && election.term === term)) return;
    device.announce({ type: "leader", device: leader, term: election.term });
    state.acting = leader !== device.id ? undefined : new Acting({
      term: election.term,
      device,
      published: state.published,
      send: (to, message) => context.tell(supervisorOf(to), message),
      self: context.self,
      live: () => [device.id, ...state.election.peers],
      solve: (id, request) => {
        device.solver.solve(request).then(
          (answer) => context.tell(context.self, { type: "solved", id, answer }),
          (error) => context.tell(context.self, { type: "solved", id, answer: { error: messageOf(error) } }),
        );
      },
    });
    if (memory.report !== undefined) context.tell(leaderOf(leader), { type: "report", report: memory.report });
    for (const offer of memory.offers.values()) {
      context.tell(leaderOf(leader), { type: "offer", device: device.id, ...offer });
    }
  }

  /** Tells a device that may not know, or knows worse, who leads. */
  function contradict(state: LeaderState, to: string, context: Context<LeaderMessage>): void {
    const { term, leader } = state.election;
    if (leader !== undefined) context.tell(leaderOf(to), { type: "claim", term, leader });
  }

  /** Has the planner look into what a person wonders about; the mesh is not touched. */
  function study(
    state: LeaderState,
    { changes, models, replyTo }: Extract<LeaderMessage, { type: "study" }>,
    context: Context<LeaderMessage>,
  ): void {
    const request = state.acting?.study(changes, models, device.clock.now());
    if (request === undefined) {
      const reason = "There is nothing to plan yet: the mesh has no leader, or no model.";
      return reply(context, replyTo, { type: "refused", reason });
    }
    device.solver.solve(request).then(
      (answer) => reply(context, replyTo, { type: "studied", answer }),
      (error) => reply(context, replyTo, { type: "refused", reason: messageOf(error) }),
    );
  }

  function forward(state: LeaderState, message: LeaderMessage, context: Context<LeaderMessage>): void {
    const { leader } = state.election;
    if (leader !== undefined && leader !== device.id) context.tell(leaderOf(leader), message);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
