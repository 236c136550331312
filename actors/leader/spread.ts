/** Telling all other devices. */
import { leaderOf } from "../addresses.ts";
import type { LeaderMessage } from "./protocol.ts";
import type { LeaderContext, LeaderState } from "./state.ts";

/** Tells all others what this device has to say: whoever leads next need not ask. */
export function spread(state: LeaderState, message: LeaderMessage, context: LeaderContext): void {
  for (const peer of state.election.peers) context.tell(leaderOf(peer), message);
}
