/** What this device knows of the mesh, asked of its supervisor. */
import type { ActorSystem, Ref, Reply } from "../../runtime/actor/mod.ts";
import { supervisorOf } from "../addresses.ts";
import { type ModelState, type Standing, standingOf } from "../plan.ts";
import type { MeshView } from "../supervisor/protocol.ts";
import { RequestError } from "./request-error.ts";

/** What the API tells of the mesh: how it stands in one word, and every model by itself. */
export interface MeshSummary {
  readonly leader: string | undefined;
  readonly term: number;
  readonly state: Standing;
  readonly models: readonly ModelState[];
}

/** What a device knows, as the API tells it. */
export function summaryOf({ leader, term, state }: MeshView): MeshSummary {
  return { leader, term, state: standingOf(state), models: state.models };
}

/** @throws {RequestError} 503 where the supervisor does not answer. */
export async function meshView(system: ActorSystem, device: string): Promise<MeshView> {
  const make = (replyTo: Ref<Reply<MeshView>>) => ({ type: "mesh" as const, replyTo });
  const outcome = await system.ask(supervisorOf(device), make, { timeoutMs: 5000 });
  if (outcome.type === "reply") return outcome.value;
  throw new RequestError(503, "unavailable", `The supervisor of this device does not answer: ${outcome.reason}.`);
}
