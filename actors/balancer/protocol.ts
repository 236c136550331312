/** What balancers say to the leader, and what they are told. */
import * as v from "valibot";
import { type MeshState, PlanNumber } from "../plan.ts";
import { accepting, Count, Identifier, Milliseconds, ShortText } from "../wire.ts";
import type { ComputeRates } from "../../models/compute/mod.ts";

/** Why a device asks the leader to plan again. */
export const proposalReasons = [
  "slower",
  "faster",
  "recovered",
  "needs-memory",
  "needs-processor",
  "done-memory",
  "done-processor",
] as const;
export type ProposalReason = typeof proposalReasons[number];

/** A device asks the leader to look at the plan again: it does not hold here. */
export const Proposal = v.object({
  device: Identifier,
  /** The plan that it is about. */
  number: PlanNumber,
  reason: v.picklist(proposalReasons),
  /** Of a decode step of one row here, over the windows that were off; 0 where it is not about that. */
  measured: Milliseconds,
  predicted: Milliseconds,
  /** Tokens that the segment made a second. */
  tokensPerSecond: v.pipe(v.number(), v.finite(), v.minValue(0)),
});
export type Proposal = v.InferOutput<typeof Proposal>;

/** How tokens came in the last seconds, told by the device of the first segment: what a move is judged by afterwards. */
export const Pace = v.object({
  device: Identifier,
  number: PlanNumber,
  /** Sequences that got tokens: times are compared among like numbers only. */
  sequences: Count,
  /**
   * From token to token of one sequence, the median. Absent where some of them ran less than the whole of an elastic model:
   * what they take is compared with nothing.
   */
  tokenMilliseconds: v.optional(Milliseconds),
});
export type Pace = v.InferOutput<typeof Pace>;

/** What the leader made of a proposal. */
const Verdict = v.object({
  type: v.literal("verdict"),
  leader: Identifier,
  number: PlanNumber,
  verdict: v.picklist(["moving", "staying"]),
  why: ShortText,
});
export type Verdict = v.InferOutput<typeof Verdict>;

/** Parses what another device sent: a leader's verdict. @throws {TypeError} or a ValiError */
export const acceptBalancerMessage = accepting<BalancerMessage>(
  Verdict,
  (message) => message.type === "verdict" ? [message.leader] : [],
);

/** What a balancer is told. */
export type BalancerMessage =
  | Verdict
  /** From its own supervisor: what the acting leader has published. */
  | { readonly type: "published"; readonly leader: string; readonly state: MeshState }
  /** From itself: a window is over. */
  | { readonly type: "look" }
  /** From itself: how fast the idle device computes now, beside how fast it did at first; absent where it cannot be told. */
  | {
    readonly type: "tried";
    readonly rates: { readonly now: ComputeRates; readonly first: ComputeRates } | undefined;
  };
