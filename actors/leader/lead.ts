/** What the models that an acting leader serves have in common. */
import type { Ref } from "../../runtime/actor/mod.ts";
import type { Verdict } from "../balancer/protocol.ts";
import type { BalanceStep } from "../events.ts";
import type { ActivePlan, PlanNumber, Standing } from "../plan.ts";
import type { Knowledge } from "./knowledge.ts";
import type { Order } from "./orders.ts";
import type { Circumstances } from "./planning.ts";
import type { Split } from "./policy.ts";
import type { LeaderMessage } from "./protocol.ts";
import type { SolveRequest } from "./solver.ts";

/** The acting leader, as one of its servings sees it. */
export interface Lead {
  readonly device: string;
  /** When it began to act, on its clock. */
  readonly since: number;
  readonly self: Ref<LeaderMessage>;
  readonly knowledge: Knowledge;
  /** Devices in reach, this one included. */
  readonly live: () => readonly string[];
  readonly send: (device: string, order: Order) => void;
  /** Has a device forget an attempt, as soon as it is in reach. */
  readonly withdraw: (device: string, number: PlanNumber) => void;
  /** The number of the next plan. */
  readonly number: () => PlanNumber;
  /** Has a problem solved off the event loop; the answer comes later, with the same id. */
  readonly solve: (request: SolveRequest) => number;
  /** Bytes that other models than this one take on a device. */
  readonly reserved: (model: string, device: string) => number;
  /** What is to be published has changed. */
  readonly changed: () => void;
  readonly warn: (message: string) => void;
  /** Whether measurements may move blocks. */
  readonly balances: boolean;
  /** Tells what was decided about an imbalance, and why. */
  readonly explain: (step: BalanceStep, reason: string) => void;
  /** Tells the balancer of a device what became of its proposal. */
  readonly advise: (device: string, verdict: Pick<Verdict, "number" | "verdict" | "why">) => void;
}

/** A model by its id, with what people call it. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** How a serving begins. */
export interface Begun {
  readonly standing: Standing;
  readonly pinned: Split | null;
  /** The plan of the leader before, where it has lost a device. */
  readonly broken?: ActivePlan | undefined;
}

/** What a problem for a model has to reckon with: memory that others take, what is on disks, and how far trials are off. */
export function surroundings(
  model: string,
  { knowledge, reserved }: Lead,
): Pick<Circumstances, "reserved" | "onDisk" | "usual"> {
  return {
    reserved: (device) => reserved(model, device),
    onDisk: (device) => knowledge.holdings.heldBy(model, device),
    usual: knowledge.steadiness.usual(model),
  };
}
