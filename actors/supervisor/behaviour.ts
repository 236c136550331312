/**
 * The supervisor: root of a device. It starts the others, carries out the leader's assignments, holds the segments, and
 * starts conversations for gateways.
 */
import { residentBytes } from "../../models/elastic.ts";
import { type Behaviour, next, reply } from "../../runtime/actor/mod.ts";
import { leaderOf } from "../addresses.ts";
import { noModels } from "../plan.ts";
import { assign, elected, giveUpAll, inherited, loaded, reserve, segmentEnded } from "./assignments.ts";
import { discard, storeUse } from "./discarding.ts";
import { conversationEnded, converse } from "./conversations.ts";
import { tellChartered, tellHoldings } from "./holdings.ts";
import type { Held } from "./held.ts";
import { bequeath, endHeld } from "./heritage.ts";
import { acceptSupervisorMessage, type HeldSegment, type HeldView, type SupervisorMessage } from "./protocol.ts";
import { published, withdraw } from "./publication.ts";
import { weigh } from "./weighing.ts";
import type { SupervisorContext, SupervisorOptions, SupervisorState } from "./state.ts";

/** Makes the supervisor's behaviour. */
export function supervisor(options: SupervisorOptions): Behaviour<SupervisorState, SupervisorMessage> {
  return {
    accepts: acceptSupervisorMessage,
    start: (context) => start(options, context),
    receive(state, message, context) {
      receive(state, message, options, context);
      return next(state);
    },
    stopped: giveUpAll,
  };
}

function start({ cast }: SupervisorOptions, context: SupervisorContext): SupervisorState {
  const restart = { policy: "permanent", restarts: 5, seconds: 60 } as const;
  context.spawn(cast.leader, { name: "leader", restart });
  context.spawn(cast.balancer, { name: "balancer", restart });
  context.spawn(cast.inspector, { name: "inspector", restart });
  context.spawn(cast.keeper, { name: "keeper", restart });
  context.spawn(cast.library, { name: "library", restart, channel: "tensors" });
  return {
    monitor: context.spawn(cast.monitor, { name: "monitor", restart, channel: "tensors" }),
    gateway: context.spawn(cast.gateway, { name: "gateway", restart }),
    held: [],
    loading: new Map(),
    loads: Promise.resolve(),
    reserving: new AbortController(),
    told: new Set(),
    chartered: [],
    conversations: new Map(),
    quotas: new Map(),
    executors: 0,
    leader: undefined,
    term: 0,
    mesh: noModels("The devices are choosing a leader."),
  };
}

function receive(
  state: SupervisorState,
  message: SupervisorMessage,
  options: SupervisorOptions,
  context: SupervisorContext,
): void {
  const { device, policy } = options;
  switch (message.type) {
    case "offer": {
      const { model, complete = true } = message;
      context.tell(leaderOf(device), { type: "offer", device, model, policy, complete });
      return tellHoldings(state, model, options, context);
    }
    case "assign":
      return assign(state, message, options, context);
    case "reserve":
      return reserve(state, message, options, context);
    case "bequeath":
      return bequeath(state, message, context);
    case "inherited":
      return inherited(state, message.path, options, context);
    case "bequeathed":
      return endHeld(state, message.path, context);
    case "elected":
      return elected(state, message);
    case "chartered":
      return tellChartered(state, message.models, options, context);
    case "withdraw":
      return withdraw(state, message, context);
    case "loaded":
      return loaded(state, message.model, options, context);
    case "publish":
      return published(state, message, options, context);
    case "converse":
      return reply(context, message.replyTo, converse(state, message, options, context));
    case "weigh":
      return void weigh(state, message, options).then((weighed) => reply(context, message.replyTo, weighed));
    case "conversation-ended":
      return conversationEnded(state, message.id, options, context);
    case "segment-ended":
      return segmentEnded(state, message, options, context);
    case "held":
      return reply(context, message.replyTo, heldView(state));
    case "store-use":
      return void storeUse(state, options.store).then((use) => reply(context, message.replyTo, use));
    case "discard":
      return discard(state, message, options, context);
    case "mesh": {
      const { leader, term, mesh } = state;
      return reply(context, message.replyTo, { leader, term, state: mesh });
    }
    default:
      return message satisfies never;
  }
}

function heldView({ leader, term, held }: SupervisorState): HeldView {
  return { leader, term, segments: held.map(rowOf) };
}

function rowOf({ ref, assignment: { model, first, last, bytes }, loaded: { manifest } }: Held): HeldSegment {
  const weightBytes = manifest.blocks.slice(first, last + 1).reduce((sum, block) => sum + residentBytes(block), 0);
  return { ref, model, modelName: manifest.name, first, last, bytes, weightBytes };
}
