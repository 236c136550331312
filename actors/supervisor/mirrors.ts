/** Who mirrors whom, as the plans in force have it: executors are told again at every publication, which changes nothing. */
import { type Ref, sameRef } from "../../runtime/actor/mod.ts";
import type { ExecutorMessage } from "../executor/protocol.ts";
import type { ActivePlan } from "../plan.ts";
import type { Held } from "./held.ts";
import type { SupervisorContext } from "./state.ts";

/** Tells the executors here where their caches are mirrored, and whose caches they mirror. */
export function tellMirrors(held: readonly Held[], plans: readonly ActivePlan[], context: SupervisorContext): void {
  const segments = plans.flatMap((plan) => plan.segments);
  for (const { ref, stopping } of held) {
    if (stopping) continue;
    const own = segments.find((segment) => sameRef(segment.ref, ref));
    const source = segments.find(({ mirror }) => mirror !== undefined && sameRef(mirror.ref, ref));
    context.tell(ref, { type: "mirror", to: own?.mirror?.ref as Ref<ExecutorMessage> | undefined });
    context.tell(ref, { type: "follow", source: source?.ref as Ref<ExecutorMessage> | undefined });
  }
}
