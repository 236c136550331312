/**
 * The leader. Every device hosts one; the acting one, elected by term, owns the plan: it gathers reports and offers, places
 * the model, has the segments prepared, and publishes the plan once every one of them is loaded. The others pass on what
 * their device has to say and remember what was published, so that any of them can take over with the same plan.
 */
import type { Manifest } from "../../models/manifest.ts";
import { type Behaviour, type Context, next, reply } from "../../runtime/actor/mod.ts";
import { leaderOf, supervisorOf } from "../addresses.ts";
import type { Device } from "../device.ts";
import type { MeshState } from "../plan.ts";
import { accepting } from "../wire.ts";
import { Acting } from "./acting.ts";
import { arrive, depart, type Election, hear, SETTLE_MILLISECONDS, shouldClaim } from "./election.ts";
import { type DeviceReport, type LeaderMessage, WireLeaderMessage } from "./protocol.ts";

/** How often deadlines are looked at. */
const TICK_MILLISECONDS = 250;

interface LeaderState {
  election: Election;
  /** What this device says of itself, kept to tell the next leader. */
  report: DeviceReport | undefined;
  readonly offers: Map<string, { readonly manifest: Manifest; readonly complete: boolean }>;
  published: MeshState;
  /** Present while this device leads. */
  acting: Acting | undefined;
}

/** Makes the leader's behaviour. */
export function leader(device: Device): Behaviour<LeaderState, LeaderMessage> {
  return {
    accepts: accepting<LeaderMessage>(WireLeaderMessage),
    start(context) {
      context.after(TICK_MILLISECONDS, { type: "tick" });
      const peers = new Set(device.peers().map((peer) => peer.device));
      const dueAt = device.clock.now() + SETTLE_MILLISECONDS;
      return {
        election: { self: device.id, term: 0, leader: undefined, peers, dueAt },
        report: undefined,
        offers: new Map(),
        published: { type: "waiting", reason: "The mesh has no leader yet." },
        acting: undefined,
      };
    },
    receive(state, message, context) {
      const now = device.clock.now();
      switch (message.type) {
        case "tick":
          context.after(TICK_MILLISECONDS, { type: "tick" });
          if (shouldClaim(state.election, now)) claim(state, context);
          state.acting?.tick(now);
          break;
        case "claim":
          follow(state, hear(state.election, message), context);
          if (state.election.leader !== message.leader) contradict(state, message.leader, context);
          break;
        case "peer-up":
          state.election = arrive(state.election, message.device);
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
            state.report = message.report;
            forward(state, message, context);
          }
          state.acting?.reported(message.report, now);
          break;
        case "offer": {
          const { manifest } = message;
          if (message.device === device.id) {
            state.offers.set(manifest.id, {
              manifest,
              complete: message.complete || state.offers.get(manifest.id)?.complete === true,
            });
            forward(state, message, context);
          }
          state.acting?.offered(message.device, manifest, message.complete, now);
          break;
        }
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
          state.acting?.segmentLost(message.number, `${message.device}: ${message.reason}`, now);
          break;
        default:
          message satisfies never;
      }
      return next(state);
    },
  };

  /** Takes the lead in a new term. */
  function claim(state: LeaderState, context: Context<LeaderMessage>): void {
    const term = state.election.term + 1;
    follow(state, { ...state.election, term, leader: device.id }, context);
    for (const peer of state.election.peers) context.tell(leaderOf(peer), { type: "claim", term, leader: device.id });
  }

  /** Adopts a view of the election: starts or ends acting, and tells a new leader what this device has to say. */
  function follow(state: LeaderState, election: Election, context: Context<LeaderMessage>): void {
    const { leader: before, term } = state.election;
    state.election = election;
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
    });
    if (state.report !== undefined) context.tell(leaderOf(leader), { type: "report", report: state.report });
    for (const offer of state.offers.values()) {
      context.tell(leaderOf(leader), { type: "offer", device: device.id, ...offer });
    }
  }

  /** Tells a device that may not know, or knows worse, who leads. */
  function contradict(state: LeaderState, to: string, context: Context<LeaderMessage>): void {
    const { term, leader } = state.election;
    if (leader !== undefined) context.tell(leaderOf(to), { type: "claim", term, leader });
  }

  function forward(state: LeaderState, message: LeaderMessage, context: Context<LeaderMessage>): void {
    const { leader } = state.election;
    if (leader !== undefined && leader !== device.id) context.tell(leaderOf(leader), message);
  }
}
