/** The segments on a device. */
import { cacheTokensOf } from "../../plans/mod.ts";
import { type Ref, sameRef } from "../../runtime/actor/mod.ts";
import type { Experience } from "../conversation/experience.ts";
import type { ExecutorMessage } from "../executor/protocol.ts";
import type { PlanNumber } from "../plan.ts";
import type { LoadedSegment } from "./loading.ts";
import type { AssignMessage } from "../leader/orders.ts";

/** A segment on this device. */
export interface Held {
  readonly ref: Ref<ExecutorMessage>;
  readonly assignment: AssignMessage;
  readonly loaded: LoadedSegment;
  /** What guesses have cost and brought the answers that begin here. */
  readonly experience: Experience;
  /** The latest plan that counts on this segment. */
  number: PlanNumber;
  /** Whether it has been told to stop: nothing new may count on it. */
  stopping: boolean;
  /** Whether other segments may have its caches: it stays for a moment when its plan gives way. */
  bequeaths: boolean;
}

/** The segment that does what an assignment asks for already. */
export function heldFor(held: readonly Held[], wanted: AssignMessage): Held | undefined {
  return held.find(({ assignment, stopping }) =>
    !stopping && assignment.model === wanted.model &&
    assignment.first === wanted.first && assignment.last === wanted.last &&
    assignment.context === wanted.context && assignment.concurrency === wanted.concurrency &&
    cacheTokensOf(assignment) === cacheTokensOf(wanted)
  );
}

/** The segment behind a ref. */
export function heldAt(held: readonly Held[], ref: Ref<never> | undefined): Held | undefined {
  return ref === undefined ? undefined : held.find((segment) => sameRef(segment.ref, ref));
}

/** Bytes that all of them take, weights and caches. */
export function heldBytes(held: readonly Held[]): number {
  return held.reduce((sum, { assignment }) => sum + assignment.bytes, 0);
}
