/** Assignments: what the leader wants loaded here, from its word to an executor that runs. */
import { cacheTokensOf } from "../../plans/mod.ts";
import { givesLogits, takesTokens } from "../../models/block-role.ts";
import { levelsOf } from "../../models/elastic.ts";
import { every } from "../../runtime/clock.ts";
import { errorText } from "../../runtime/error-text.ts";
import { leaderOf } from "../addresses.ts";
import { executor } from "../executor/behaviour.ts";
import type { AssignMessage, ReserveMessage } from "../leader/orders.ts";
import { comparePlans, plansIn } from "../plan.ts";
import { Experience } from "../conversation/experience.ts";
import { workingSegment } from "../monitor/working-segment.ts";
import { type Held, heldBytes, heldFor } from "./held.ts";
import { inherit } from "./heritage.ts";
import { tellHoldings } from "./holdings.ts";
import { BlocksMissingError } from "./blocks-missing.ts";
import { giveUpLoad } from "./giving-up.ts";
import { type LoadedSegment, slotsOf } from "./loading.ts";
import type { PendingLoad, SupervisorContext, SupervisorOptions, SupervisorState } from "./state.ts";

/** A device that loads says so this often, so that the leader goes on waiting. */
const PREPARING_MILLISECONDS = 3000;
/** Messages an executor may have waiting: several for every sequence a device could hold. */
const EXECUTOR_MAILBOX = 4096;

/** Begins to load what is assigned, or answers at once where it is loaded already. */
export function assign(
  state: SupervisorState,
  message: AssignMessage,
  options: SupervisorOptions,
  context: SupervisorContext,
): void {
  const { number, model } = message;
  const before = state.loading.get(model)?.assignment.number;
  // Of two terms the one in force counts, whichever is higher: see `elected`.
  if (before?.term === number.term && comparePlans(number, before) < 0) return;
  // A mirror is only a precaution: blocks in reserve, which it may be made of, come first.
  if (message.mirrorOf === undefined) giveUp(state, model);
  const same = heldFor(state.held, message);
  if (same === undefined) return load(state, message, options, context);
  same.number = number;
  answer(message, same.ref, options, context);
}

/** Says that a segment is loaded, and that its model is known here: a leader may learn it when who had the file is gone. */
function answer(
  { number, model, policy, replyTo }: AssignMessage,
  ref: Held["ref"],
  { device }: SupervisorOptions,
  context: SupervisorContext,
): void {
  context.tell(leaderOf(device), { type: "offer", device, model, policy, complete: false });
  context.tell(replyTo, { type: "prepared", number, device, ref });
}

/** Ends what is being loaded of a model, and whatever is fetched in reserve: an assignment comes first. */
function giveUp(state: SupervisorState, model: string): void {
  giveUpLoad(state, model);
  state.reserving.abort();
  state.reserving = new AbortController();
}

/** Takes who is elected. Another one's attempts are over: it has what it needs loaded anew. */
export function elected(
  state: SupervisorState,
  { leader, term }: { readonly leader: string | undefined; readonly term: number },
): void {
  state.leader = leader;
  state.term = term;
  if (leader === undefined) return;
  for (const [model, { assignment }] of state.loading) if (assignment.number.term !== term) giveUp(state, model);
}

/** Ends whatever is being loaded or fetched. */
export function giveUpAll(state: SupervisorState): void {
  for (const model of [...state.loading.keys()]) giveUpLoad(state, model);
  state.reserving.abort();
}

function load(
  state: SupervisorState,
  assignment: AssignMessage,
  { device, loading, clock }: SupervisorOptions,
  context: SupervisorContext,
): void {
  const { number, model, replyTo } = assignment;
  const pending: PendingLoad = { assignment, abort: new AbortController(), outcome: undefined };
  state.loading.set(model, pending);
  const calm = every(clock, PREPARING_MILLISECONDS, () => {
    context.tell(replyTo, { type: "preparing", number, device });
  });
  const signal = AbortSignal.any([pending.abort.signal, context.signal]);
  const task = state.loads.then(() => loading.segment(assignment, { sender: context, signal }));
  state.loads = task.catch(() => {});
  task.then(
    (segment) => {
      // Superseded while it was loading.
      if (signal.aborted) return void segment.compute.close();
      pending.outcome = { type: "loaded", segment };
    },
    (error) => {
      const missing = error instanceof BlocksMissingError ? error.blocks : undefined;
      pending.outcome = { type: "failed", reason: errorText(error), missing };
    },
  ).finally(() => {
    calm();
    context.tell(context.self, { type: "loaded", model });
  });
}

/** Takes what a load came to: an executor starts, or the leader hears why not. */
export function loaded(
  state: SupervisorState,
  model: string,
  options: SupervisorOptions,
  context: SupervisorContext,
): void {
  const load = state.loading.get(model);
  if (load?.outcome === undefined) return;
  state.loading.delete(model);
  // Also where it failed: some of it may have come, or what was here be damaged.
  tellHoldings(state, model, options, context);
  const { assignment, outcome } = load;
  if (outcome.type === "loaded") return start(state, assignment, outcome.segment, options, context);
  const { number, replyTo, first, last } = assignment;
  const { announce, device } = options;
  announce({ type: "warning", message: `Blocks ${first} to ${last} could not be loaded: ${outcome.reason}` });
  const missing = outcome.missing === undefined ? {} : { missing: outcome.missing };
  context.tell(replyTo, { type: "unprepared", number, device, reason: outcome.reason.slice(0, 1000), ...missing });
}

function start(
  state: SupervisorState,
  assignment: AssignMessage,
  segment: LoadedSegment,
  options: SupervisorOptions,
  context: SupervisorContext,
): void {
  const { number, first, last, bytes, mirrorOf } = assignment;
  const name = `executor-${++state.executors}`;
  const entrances = () =>
    plansIn(state.mesh).flatMap(({ model, segments: [entrance] }) => {
      return entrance === undefined || model.id !== assignment.model ? [] : [entrance.device];
    });
  const behaviour = executorFor(assignment, segment, options, entrances);
  const ref = context.spawn(behaviour, { name, mailbox: EXECUTOR_MAILBOX, channel: "tensors" });
  context.watch(ref, ({ reason, detail }) => ({ type: "segment-ended", path: ref.path, reason, detail }));
  const experience = new Experience();
  const held: Held = { ref, assignment, loaded: segment, experience, number, stopping: false, bequeaths: false };
  state.held.push(held);
  tellHeld(state, context);
  const milliseconds = segment.compute.loadMilliseconds;
  options.announce(
    mirrorOf === undefined
      ? { type: "segment", first, last, bytes, milliseconds }
      : { type: "mirror", first, last, owner: mirrorOf },
  );
  inherit(held, context, () => answer(assignment, ref, options, context));
}

/** A new segment has the caches that it inherits: it is ready. */
export function inherited(
  state: SupervisorState,
  path: string,
  options: SupervisorOptions,
  context: SupervisorContext,
): void {
  const held = state.held.find(({ ref }) => ref.path === path);
  if (held !== undefined && !held.stopping) answer(held.assignment, held.ref, options, context);
}

function executorFor(
  { model, first, last, context, concurrency, cacheTokens, policy }: AssignMessage,
  { compute, manifest }: LoadedSegment,
  { clock, work, onStep }: SupervisorOptions,
  entrances: () => readonly string[],
) {
  const blocks = manifest.blocks.slice(first, last + 1);
  const learn = work.begin(workingSegment(manifest, { model, first, last }), compute.rowTimes);
  const segment = { model: manifest.name, first, last };
  return executor({
    segment: compute,
    clock,
    onStep(step) {
      learn(step);
      onStep?.(segment, step);
    },
    levels: levelsOf(manifest).length,
    width: manifest.architecture.width,
    vocabulary: manifest.architecture.vocabulary,
    positionBytes: blocks.reduce((sum, block) => sum + (block.kind === "layer" ? block.kvBytesPerToken : 0), 0),
    context,
    slots: slotsOf({ concurrency, policy }),
    concurrency,
    cacheTokens: cacheTokensOf({ context, concurrency, cacheTokens }),
    prefixes: policy.prefixes !== "off",
    embeds: takesTokens(blocks),
    samples: givesLogits(blocks),
    entrances,
  });
}

/** Fetches blocks to disk that another device runs; a new assignment comes first. */
export function reserve(
  state: SupervisorState,
  message: ReserveMessage,
  options: SupervisorOptions,
  context: SupervisorContext,
): void {
  const { loading, announce } = options;
  const { first, last, owner, model } = message;
  const signal = AbortSignal.any([state.reserving.signal, context.signal]);
  state.loads = state.loads.then(() => loading.reserve(message, { sender: context, signal })).then(
    () => announce({ type: "standby", first, last, owner }),
    // Only a precaution: where it does not work, the mesh is as it was.
    () => {},
  ).then(() => tellHoldings(state, model, options, context));
}

/** A segment's executor has ended; where it crashed, the leader is told. */
export function segmentEnded(
  state: SupervisorState,
  { path, reason, detail }: { readonly path: string; readonly reason: string; readonly detail: string },
  { device, announce }: SupervisorOptions,
  context: SupervisorContext,
): void {
  const index = state.held.findIndex(({ ref }) => ref.path === path);
  const [held] = index < 0 ? [] : state.held.splice(index, 1);
  if (held === undefined) return;
  const { first, last } = held.assignment;
  tellHeld(state, context);
  announce({ type: "released", first, last });
  if (state.leader === undefined || reason !== "crashed") return;
  const { number, ref } = held;
  const why = `${reason}: ${detail}`.slice(0, 500);
  context.tell(leaderOf(state.leader), { type: "segment-lost", device, number, ref, reason: why });
}

function tellHeld(state: SupervisorState, context: SupervisorContext): void {
  context.tell(state.monitor, { type: "held", bytes: heldBytes(state.held) });
}
