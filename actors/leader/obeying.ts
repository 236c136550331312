/** Obeying whoever is elected, and nobody else: what the supervisor is told of the leader, and what of its orders. */
import { supervisorOf } from "../addresses.ts";
import type { Election } from "./election.ts";
import { published } from "./hearsay.ts";
import { giverOf, type Order, termOf } from "./orders.ts";
import type { LeaderContext, LeaderOptions, LeaderState } from "./state.ts";

/** Whether an order comes from the leader that a device holds for elected, and of the term that it was elected for. */
export function isObeyed(order: Order, { leader, term }: Pick<Election, "leader" | "term">): boolean {
  return leader !== undefined && giverOf(order) === leader && (termOf(order) ?? term) === term;
}

/** Passes an order on to this device's supervisor, where it is to be obeyed; what is published is remembered. */
export function obey(state: LeaderState, order: Order, options: LeaderOptions, context: LeaderContext): void {
  if (!isObeyed(order, state.election)) return;
  if (order.type === "publish") published(state, order.state, options, context);
  context.tell(supervisorOf(options.self), order);
}

/** Tells the supervisor who is elected, where that has changed: it believes in nobody whom its leader actor has lost. */
export function tellElected(
  state: LeaderState,
  before: Election | undefined,
  { self }: LeaderOptions,
  context: LeaderContext,
): void {
  const { leader, term } = state.election;
  if (before !== undefined && leader === before.leader && term === before.term) return;
  context.tell(supervisorOf(self), { type: "elected", leader, term });
}
