/** What an acting leader is made of. */
import type { Ref } from "../../runtime/actor/mod.ts";
import type { Charter, CharteredModel } from "../charter.ts";
import type { MeshState } from "../plan.ts";
import type { Knowledge } from "./knowledge.ts";
import type { Lead } from "./lead.ts";
import type { Order } from "./orders.ts";
import type { Pins } from "./pins.ts";
import type { LeaderMessage } from "./protocol.ts";
import type { Choice } from "./served.ts";
import type { SolveRequest } from "./solver.ts";

/** Where an acting leader stands. */
export interface ActingOptions {
  readonly term: number;
  /** The device that leads. */
  readonly device: string;
  readonly self: Ref<LeaderMessage>;
  /** What the leader before had published. */
  readonly published: MeshState;
  /** What is known of devices and models: more or less, as this device heard of it before it led. */
  readonly knowledge: Knowledge;
  /** Splits that people asked for, by model, whoever led then. Written to. */
  readonly pins: Pins;
  readonly send: (device: string, order: Order) => void;
  /** Devices in reach, this one included. */
  readonly live: () => readonly string[];
  /** Has a problem solved off the event loop; `solved` is called with the same number later. */
  readonly solve: (id: number, request: SolveRequest) => void;
  readonly warn: (message: string) => void;
  /** Whether measurements may move blocks. Default: true. */
  readonly balances?: boolean;
  /** Hears what was decided about imbalances. Default: nobody. */
  readonly explain?: Lead["explain"];
  /** Tells a device's balancer what became of its proposal. Default: nobody is told. */
  readonly advise?: Lead["advise"];
  /** What the mesh has agreed to serve, and how that is changed. Absent: nothing is agreed on, nor kept. */
  readonly charter?: {
    readonly current: () => Charter | undefined;
    /** Signs another one, which counts from now on, and has all devices keep it. */
    readonly amend: (models: readonly CharteredModel[]) => void;
  };
  /** Which models are served while nothing is agreed on. Default: one. */
  readonly choose?: Choice;
}
