/**
 * The supervisor: root of a device. It starts the others, carries out the leader's assignments, holds the segments, starts
 * conversations for gateways, and lets inspectors look at the device.
 */
import {
  type ActorSnapshot,
  type Behaviour,
  type Context,
  next,
  type Ref,
  reply,
  sameRef,
} from "../../runtime/actor/mod.ts";
import { every } from "../../runtime/clock.ts";
import { leaderOf } from "../addresses.ts";
import { conversation } from "../conversation/behaviour.ts";
import type { Device } from "../device.ts";
import { executor } from "../executor/behaviour.ts";
import { gateway, type GatewayMessage } from "../gateway/behaviour.ts";
import { leader } from "../leader/behaviour.ts";
import { MAX_TERM_JUMP } from "../leader/election.ts";
import { library } from "../library/behaviour.ts";
import { monitor } from "../monitor/behaviour.ts";
import { comparePlans, type MeshState } from "../plan.ts";
import type { Held } from "./held.ts";
import { loadSegment, reserveBlocks } from "./loading.ts";
import { viewOf } from "./view.ts";
import {
  acceptSupervisorMessage,
  type AssignMessage,
  type ConverseMessage,
  type Conversing,
  type ReserveMessage,
  type SupervisorMessage,
} from "./protocol.ts";

/** A device that loads says so this often, so that the leader goes on waiting. */
const PREPARING_MILLISECONDS = 3000;
/** Messages an executor may have waiting: several for every sequence a device could hold. */
const EXECUTOR_MAILBOX = 4096;

interface SupervisorState {
  readonly held: Held[];
  /** The assignment being loaded, and how to give it up. */
  loading: { readonly assignment: AssignMessage; readonly abort: AbortController } | undefined;
  leader: string | undefined;
  term: number;
  mesh: MeshState;
}

type SupervisorContext = Context<SupervisorMessage>;

/** Makes the supervisor's behaviour; `look` gives the device's actors. */
export function supervisor(
  device: Device,
  look: () => readonly ActorSnapshot[],
): Behaviour<SupervisorState, SupervisorMessage> {
  let gateways: Ref<GatewayMessage>;
  // Made once, so that what the leader actor remembers outlives this actor too.
  const leading = leader(device);
  let heldBytes = 0;
  let executors = 0;
  /** One load at a time: an assignment that supersedes another waits until that one has let go of its half-fetched blobs. */
  let loads: Promise<unknown> = Promise.resolve();
  let reserving = new AbortController();
  return {
    accepts: acceptSupervisorMessage,
    start(context) {
      heldBytes = 0;
      const restart = { policy: "permanent", restarts: 5, seconds: 60 } as const;
      context.spawn(leading, { name: "leader", restart });
      context.spawn(library(device.store), { name: "library", restart, channel: "tensors" });
      context.spawn(monitor(device, () => heldBytes), { name: "monitor", restart, channel: "tensors" });
      gateways = context.spawn(gateway(device), { name: "gateway", restart });
      const mesh = { type: "waiting", reason: "The devices are choosing a leader." } as const;
      return { held: [], loading: undefined, leader: undefined, term: 0, mesh };
    },
    async receive(state, message, context) {
      switch (message.type) {
        case "offer":
          context.tell(leaderOf(device.id), { ...message, device: device.id, policy: device.policy, complete: true });
          break;
        case "assign":
          assign(state, message, context);
          break;
        case "reserve":
          if (message.leader === state.leader) reserve(message, context);
          break;
        case "loaded":
          loaded(state, message, context);
          break;
        case "publish":
          published(state, message, context);
          break;
        case "converse":
          reply(context, message.replyTo, converse(state, message, context));
          break;
        case "view":
          reply(context, message.replyTo, await viewOf(state, device, heldBytes, look()));
          break;
        case "mesh":
          reply(context, message.replyTo, { leader: state.leader, term: state.term, state: state.mesh });
          break;
        case "ended":
          ended(state, message.path, message.reason, context);
          break;
        default:
          message satisfies never;
      }
      return next(state);
    },
    stopped(state) {
      state.loading?.abort.abort();
    },
  };

  function assign(state: SupervisorState, message: AssignMessage, context: SupervisorContext): void {
    const { number, replyTo, manifest } = message;
    if (state.loading !== undefined && comparePlans(number, state.loading.assignment.number) < 0) return;
    if (!isCurrent(state, number.term)) return;
    // The manifest outlives the device that had the model's file.
    context.tell(leaderOf(device.id), {
      type: "offer",
      device: device.id,
      manifest,
      policy: message.policy,
      complete: false,
    });
    state.loading?.abort.abort();
    state.loading = undefined;
    reserving.abort();
    reserving = new AbortController();
    const same = state.held.find(({ model, assignment, stopping }) => {
      return !stopping && model === manifest.id && assignment.first === message.first &&
        assignment.last === message.last &&
        assignment.context === message.context && assignment.concurrency === message.concurrency;
    });
    if (same !== undefined) {
      same.number = number;
      context.tell(replyTo, { type: "prepared", number, device: device.id, ref: same.ref });
      return;
    }
    const abort = new AbortController();
    state.loading = { assignment: message, abort };
    const calm = every(device.clock, PREPARING_MILLISECONDS, () => {
      context.tell(replyTo, { type: "preparing", number, device: device.id });
    });
    const signal = AbortSignal.any([abort.signal, context.signal]);
    const load = loads.then(() => loadSegment(message, device, context, signal));
    loads = load.catch(() => {});
    load.then(
      (segment) =>
        context.tell(context.self, {
          type: "loaded",
          assignment: message,
          outcome: { type: "loaded", segment, manifest },
        }),
      (error) => {
        const reason = error instanceof Error ? error.message : String(error);
        context.tell(context.self, { type: "loaded", assignment: message, outcome: { type: "failed", reason } });
      },
    ).finally(calm);
  }

  /** Fetches blocks to disk that another device runs; a new assignment comes first. */
  function reserve(message: ReserveMessage, context: SupervisorContext): void {
    const { first, last, owner } = message;
    const signal = AbortSignal.any([reserving.signal, context.signal]);
    loads = loads.then(() => reserveBlocks(message, device, context, signal)).then(
      () => device.announce({ type: "standby", first, last, owner }),
      // Only a precaution: where it does not work, the mesh is as it was.
      () => {},
    );
  }

  function loaded(
    state: SupervisorState,
    { assignment, outcome }: Extract<SupervisorMessage, { type: "loaded" }>,
    context: SupervisorContext,
  ): void {
    const { number, replyTo, first, last, bytes } = assignment;
    if (state.loading?.assignment !== assignment) {
      // Superseded while it was loading.
      if (outcome.type === "loaded") void outcome.segment.compute.close();
      return;
    }
    state.loading = undefined;
    if (outcome.type === "failed") {
      device.announce({
        type: "warning",
        message: `Blocks ${first} to ${last} could not be loaded: ${outcome.reason}`,
      });
      context.tell(replyTo, { type: "unprepared", number, device: device.id, reason: outcome.reason.slice(0, 1000) });
      return;
    }
    const { segment, manifest } = outcome;
    const behaviour = executor({
      segment: segment.compute,
      clock: device.clock,
      onStep(tokens, blockMilliseconds, stepMilliseconds) {
        device.work.record(manifest.id, first, tokens, blockMilliseconds);
        const blocks = blockMilliseconds.reduce((sum, milliseconds) => sum + milliseconds, 0);
        if (tokens === 1) device.work.recordOverhead(stepMilliseconds - blocks);
      },
      width: manifest.architecture.width,
      vocabulary: manifest.architecture.vocabulary,
      context: assignment.context,
      slots: assignment.concurrency,
      embeds: first === 0,
      samples: last === manifest.blocks.length - 1,
    });
    const name = `executor-${++executors}`;
    const ref = context.spawn(behaviour, { name, mailbox: EXECUTOR_MAILBOX, channel: "tensors" });
    context.watch(ref, ({ reason, detail }) => ({ type: "ended", path: ref.path, reason: `${reason}: ${detail}` }));
    state.held.push({ ref, model: manifest.id, assignment, loaded: segment, number, stopping: false });
    heldBytes += bytes;
    device.announce({ type: "segment", first, last, bytes, milliseconds: segment.compute.loadMilliseconds });
    context.tell(replyTo, { type: "prepared", number, device: device.id, ref });
  }

  function published(
    state: SupervisorState,
    message: Extract<SupervisorMessage, { type: "publish" }>,
    context: SupervisorContext,
  ): void {
    if (!isCurrent(state, message.term)) return;
    state.term = message.term;
    state.leader = message.leader;
    const before = state.mesh;
    state.mesh = message.state;
    context.tell(leaderOf(device.id), { ...message, type: "published" });
    context.tell(gateways, { type: "state", leader: message.leader, state: message.state });
    if (message.state.type === "waiting") {
      const news = before.type !== "waiting" || before.reason !== message.state.reason;
      if (news) device.announce({ type: "waiting", reason: message.state.reason });
      return;
    }
    const { number, model, segments } = message.state.plan;
    const news = before.type !== "active" || comparePlans(before.plan.number, number) !== 0;
    if (news) device.announce({ type: "plan", ...number, model: model.name, segments });
    const missing = segments.some(({ device: where, ref }) => {
      return where === device.id && !state.held.some((held) => !held.stopping && sameRef(held.ref, ref));
    });
    // A leader that took over cannot know that this device has been restarted since the plan was made.
    if (missing) {
      const reason = "its segment is not loaded: the device has been restarted";
      context.tell(leaderOf(message.leader), { type: "segment-lost", device: device.id, number, reason });
    }
    for (const held of state.held) {
      const used = segments.some(({ ref }) => sameRef(ref, held.ref));
      if (used) held.number = number;
      else if (comparePlans(held.number, number) < 0 && !held.stopping) {
        held.stopping = true;
        void context.stop(held.ref);
      }
    }
  }

  function converse(state: SupervisorState, message: ConverseMessage, context: SupervisorContext): Conversing {
    if (state.mesh.type !== "active" || comparePlans(message.plan, state.mesh.plan.number) !== 0) {
      return { type: "declined", reason: "the plan has changed" };
    }
    const { plan } = state.mesh;
    const held = state.held.find(({ ref }) => plan.segments[0] !== undefined && sameRef(ref, plan.segments[0].ref));
    if (held?.loaded.language === undefined) return { type: "declined", reason: "the first segment is not here" };
    const { id, request, progress, answer } = message;
    const name = `conversation-${id}`;
    if (look().some(({ path }) => path.endsWith(`/${name}`))) {
      return { type: "declined", reason: `there is a ${name} already` };
    }
    const behaviour = conversation({ id, plan, request, progress, answer, language: held.loaded.language });
    return { type: "conversing", conversation: context.spawn(behaviour, { name }) };
  }

  function ended(state: SupervisorState, path: string, reason: string, context: SupervisorContext): void {
    const index = state.held.findIndex(({ ref }) => ref.path === path);
    const [held] = index < 0 ? [] : state.held.splice(index, 1);
    if (held === undefined) return;
    const { first, last, bytes } = held.assignment;
    heldBytes -= bytes;
    device.announce({ type: "released", first, last });
    if (state.leader === undefined || !reason.startsWith("crashed")) return;
    context.tell(leaderOf(state.leader), {
      type: "segment-lost",
      device: device.id,
      number: held.number,
      reason: reason.slice(0, 500),
    });
  }
}

/** Whether what a leader says counts: of this term or a later one, but not absurdly so, or nobody could ever outrank it. */
function isCurrent(state: SupervisorState, term: number): boolean {
  return term >= state.term && term <= state.term + MAX_TERM_JUMP;
}
