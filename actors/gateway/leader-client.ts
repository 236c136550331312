/** What the API asks of the acting leader, wherever it is. */
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import { leaderOf } from "../addresses.ts";
import type { LeaderMessage } from "../leader/protocol.ts";
import type { ApiOptions } from "./api-options.ts";
import { meshView } from "./mesh-view.ts";
import { RequestError } from "./request-error.ts";

/** Asks the acting leader. @throws {RequestError} 503 where there is none, or it does not answer; 413 for too large a question. */
export async function askLeader<R>(
  { system, device }: ApiOptions,
  make: (replyTo: Ref<Reply<R>>) => LeaderMessage,
  timeoutMs: number,
): Promise<R> {
  const { leader } = await meshView(system, device);
  if (leader === undefined) {
    throw new RequestError(503, "no_leader", "The mesh has no leader yet. Try again in a moment.");
  }
  const outcome = await system.ask(leaderOf(leader), make, { timeoutMs });
  if (outcome.type === "reply") return outcome.value;
  if (outcome.type === "too-large") {
    throw new RequestError(413, "body_too_large", "The question is larger than what devices send each other at once.");
  }
  throw new RequestError(503, "no_leader", `The leader does not answer: ${outcome.reason}.`);
}
