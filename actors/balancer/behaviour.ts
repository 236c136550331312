/**
 * The balancer: holds what the segments of its device take against what the plan expects, and looks whether the device's
 * owner needs it. What lasts becomes a proposal to the leader, which alone decides.
 */
import type { ComputeRates } from "../../models/compute/mod.ts";
import { type Behaviour, type Context, next } from "../../runtime/actor/mod.ts";
import type { Clock } from "../../runtime/clock.ts";
import { leaderOf, monitorOf } from "../addresses.ts";
import type { Announce } from "../events.ts";
import type { Host } from "../host.ts";
import type { StepWindow } from "../monitor/segment-work.ts";
import type { WorkTimes } from "../monitor/work-times.ts";
import { type ActivePlan, comparePlans, type MeshState, noModels, type PlannedSegment, plansIn } from "../plan.ts";
import { ENOUGH_STEPS, type Imbalance, judge, unjudged, WINDOW_MILLISECONDS } from "./imbalance.ts";
import { lookAtOwner, type OwnerChange } from "./owner.ts";
import { acceptBalancerMessage, type BalancerMessage, type Proposal } from "./protocol.ts";
import type { BalanceRecord } from "./record.ts";
import { afterTrial, foundSlow, type Recovery, shouldTry, wellOff } from "./recovery.ts";
import { describeProposal } from "./words.ts";

/** A difference below this part of a token's time moves nothing. */
const LEAST_PART = 0.02;
/** Times between tokens in a window before their median is told. */
const ENOUGH_INTERVALS = 16;

/** What a balancer is made of. */
export interface BalancerOptions {
  readonly device: string;
  readonly clock: Clock;
  readonly host: Host;
  /** Steps of the segments that run here. */
  readonly work: WorkTimes;
  /** What is found, for those who look; and whether anything may be proposed. */
  readonly balance: BalanceRecord;
  /** Whether the device gives blocks away when its owner needs it. */
  readonly yields: boolean;
  /** How fast the device computed at its first start; and now, by another trial. */
  readonly rates: () => Promise<ComputeRates>;
  readonly probe: (() => Promise<ComputeRates>) | undefined;
  readonly announce: Announce;
}

interface BalancerState {
  leader: string | undefined;
  mesh: MeshState;
  /** By model, of the plan in force. */
  readonly judged: Map<string, { readonly plan: ActivePlan; readonly imbalance: Imbalance }>;
  recovery: Recovery;
}

type BalancerContext = Context<BalancerMessage>;

/** Makes the balancer's behaviour. */
export function balancer(options: BalancerOptions): Behaviour<BalancerState, BalancerMessage> {
  return {
    accepts: acceptBalancerMessage,
    start(context) {
      context.after(WINDOW_MILLISECONDS, { type: "look" });
      return { leader: undefined, mesh: noModels(""), judged: new Map(), recovery: wellOff };
    },
    async receive(state, message, context) {
      switch (message.type) {
        case "published":
          state.leader = message.leader;
          state.mesh = message.state;
          break;
        case "look":
          context.after(WINDOW_MILLISECONDS, { type: "look" });
          lookAtSegments(state, options, context);
          await lookAtDevice(state, options, context);
          tryAgain(state, options, context);
          break;
        case "tried":
          hearTrial(state, message.rates, options, context);
          break;
        case "verdict":
          if (message.leader === state.leader) options.balance.heard(message.why);
          break;
        default:
          message satisfies never;
      }
      return next(state);
    },
  };
}

/** Judges what the segments of the plans in force have done since the last look. */
function lookAtSegments(state: BalancerState, options: BalancerOptions, context: BalancerContext): void {
  const { device, work, clock } = options;
  const windows = work.takeWindows(clock.now(), ENOUGH_STEPS);
  const own = segmentsHere(state.mesh, device);
  if (own.length === 0) options.balance.rests("no blocks here");
  for (const { plan, segment } of own) {
    const window = windows.findLast(({ model, first, last }) => {
      return model === plan.model.id && first === segment.first && last === segment.last;
    });
    if (segment.first === 0 && window !== undefined) tellPace(state, plan, window, options, context);
    judgeSegment(state, plan, window, options, context);
  }
}

function segmentsHere(mesh: MeshState, device: string): { plan: ActivePlan; segment: PlannedSegment }[] {
  return plansIn(mesh).flatMap((plan) => {
    const segment = plan.segments.find((segment) => segment.device === device);
    return segment === undefined ? [] : [{ plan, segment }];
  });
}

/** The device of the first segment tells how tokens come: by that the leader judges a move afterwards. */
function tellPace(
  { leader }: BalancerState,
  { number }: ActivePlan,
  { intervals, sequences, whole, tokenMilliseconds }: StepWindow,
  { device }: BalancerOptions,
  context: BalancerContext,
): void {
  if (leader === undefined || intervals < ENOUGH_INTERVALS) return;
  const pace = { device, number, sequences, ...(whole ? { tokenMilliseconds } : {}) };
  context.tell(leaderOf(leader), { type: "pace", pace });
}

function judgeSegment(
  state: BalancerState,
  plan: ActivePlan,
  window: StepWindow | undefined,
  options: BalancerOptions,
  context: BalancerContext,
): void {
  const { device, work, balance } = options;
  const stage = plan.forecast?.stages.find((stage) => stage.device === device);
  if (stage === undefined) return balance.rests("the plan in force predicts nothing");
  // What is expected of a device that yields is not what it can do.
  if (balance.owner.yieldsProcessor) return balance.rests("yields to its owner");
  const before = state.judged.get(plan.model.id);
  const same = before !== undefined && comparePlans(before.plan.number, plan.number) === 0;
  const overhead = plan.segments.at(-1)?.device === device ? work.overheadMilliseconds() ?? 0 : 0;
  const { state: imbalance, finding } = judge(
    same ? before.imbalance : unjudged,
    window && {
      steps: window.steps,
      measured: window.stepMilliseconds + overhead,
      predicted: stage.decodeMilliseconds,
      least: LEAST_PART * (plan.forecast?.tpotMilliseconds ?? 0),
    },
  );
  state.judged.set(plan.model.id, { plan, imbalance });
  balance.found(finding, imbalance.windows);
  if (finding.type !== "imbalanced" || window === undefined || !balance.on) return;
  work.settle(window, finding.steps);
  const { measured, ratio, towards } = finding;
  state.recovery = foundSlow(state.recovery, ratio);
  propose(
    plan,
    {
      reason: towards,
      measured,
      predicted: stage.decodeMilliseconds,
      tokensPerSecond: 1000 * window.tokens / Math.max(window.milliseconds, WINDOW_MILLISECONDS),
    },
    options,
    context,
  );
}

/** Says that the plan does not hold here. The monitor passes it on, behind the measurements that it rests on. */
function propose(
  { number }: ActivePlan,
  what: Pick<Proposal, "reason"> & Partial<Proposal>,
  { device, announce, balance }: BalancerOptions,
  context: BalancerContext,
): void {
  const proposal: Proposal = { device, number, measured: 0, predicted: 0, tokensPerSecond: 0, ...what };
  const text = describeProposal(proposal, "this device");
  balance.proposed(text);
  announce({ type: "balance", step: "proposed", reason: `${text}; the leader is asked to plan again` });
  context.tell(monitorOf(device), { type: "urge", proposal });
}

/** Looks whether the device's owner needs it, or is done. */
async function lookAtDevice(state: BalancerState, options: BalancerOptions, context: BalancerContext): Promise<void> {
  const { device, host, balance, yields } = options;
  if (!yields || !balance.on) return;
  const [memory, contention] = [await host.readMemory(), await host.readContention?.() ?? {}];
  const own = segmentsHere(state.mesh, device);
  const heldBytes = own.reduce((sum, { segment }) => sum + segment.bytes, 0);
  const looked = lookAtOwner(balance.owner, { ...memory, ...contention, heldBytes });
  balance.owner = looked.state;
  for (const change of looked.changes) proposeAll(state, change, options, context);
}

/** What concerns the device as a whole is about each model's plan. */
function proposeAll(
  { mesh }: BalancerState,
  reason: OwnerChange | "recovered",
  options: BalancerOptions,
  context: BalancerContext,
): void {
  for (const plan of plansIn(mesh)) propose(plan, { reason }, options, context);
}

/** Lets a device that gave its blocks away for being slow try whether it still is. */
function tryAgain(
  state: BalancerState,
  { device, clock, probe, rates, balance }: BalancerOptions,
  context: BalancerContext,
): void {
  const working = segmentsHere(state.mesh, device).length > 0;
  const { recovery, due } = shouldTry(state.recovery, working, clock.now());
  state.recovery = recovery;
  if (!due || probe === undefined || balance.owner.yieldsProcessor) return;
  Promise.all([probe(), rates()]).then(
    ([now, first]) => context.tell(context.self, { type: "tried", rates: { now, first } }),
    () => context.tell(context.self, { type: "tried", rates: undefined }),
  );
}

function hearTrial(
  state: BalancerState,
  rates: Extract<BalancerMessage, { type: "tried" }>["rates"],
  options: BalancerOptions,
  context: BalancerContext,
): void {
  if (rates === undefined) return;
  const { recovery, factor } = afterTrial(state.recovery, rates);
  state.recovery = recovery;
  if (factor === undefined) return;
  options.work.rescale(factor);
  proposeAll(state, "recovered", options, context);
}
