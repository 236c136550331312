/** A device goes, and says so before: what it has is given to others first, if others can take it. */
import { reply } from "../../runtime/actor/mod.ts";
import { plansIn } from "../plan.ts";
import { spread } from "./spread.ts";
import type { LeaderMessage } from "./protocol.ts";
import type { LeaderContext, LeaderOptions, LeaderState } from "./state.ts";

/** Takes word that a device goes soon; of its own device it tells all others, of which the acting one answers. */
export function leaving(
  state: LeaderState,
  message: Extract<LeaderMessage, { type: "leaving" }>,
  { self, clock }: LeaderOptions,
  context: LeaderContext,
): void {
  const { election, acting, knowledge, memory } = state;
  const { device, replyTo } = message;
  knowledge.leave(device);
  if (device === self) spread(state, message, context);
  // Unless nobody leads who could have others take over, who leads answers.
  if (acting === undefined && (device !== self || election.leader !== undefined)) return;
  const used = plansIn(memory.published).some(({ segments }) => segments.some((segment) => segment.device === device));
  const moving = acting !== undefined && used && knowledge.staying().length > 0;
  reply(context, replyTo, { type: moving ? "moving" : "nobody" });
  if (moving) acting.planAll(clock.now());
}
