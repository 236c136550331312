/** The segments on a device. */
import type { Ref } from "../../runtime/actor/mod.ts";
import type { ExecutorMessage } from "../executor/protocol.ts";
import type { PlanNumber } from "../plan.ts";
import type { LoadedSegment } from "./loading.ts";
import type { AssignMessage } from "./protocol.ts";

/** A segment on this device. */
export interface Held {
  readonly ref: Ref<ExecutorMessage>;
  readonly model: string;
  readonly assignment: AssignMessage;
  readonly loaded: LoadedSegment;
  /** The latest plan that counts on this segment. */
  number: PlanNumber;
  /** Whether it has been told to stop: nothing new may count on it. */
  stopping: boolean;
}
