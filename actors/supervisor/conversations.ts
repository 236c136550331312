/** Conversations that gateways ask for: they live on the device of the first segment. */
import { conversation } from "../conversation/behaviour.ts";
import { planNumbered } from "../plan.ts";
import { heldAt } from "./held.ts";
import type { ConverseMessage, Conversing } from "./protocol.ts";
import type { SupervisorContext, SupervisorState } from "./state.ts";

/** Starts a conversation under the plan in force, or says why not. */
export function converse(state: SupervisorState, message: ConverseMessage, context: SupervisorContext): Conversing {
  const plan = planNumbered(state.mesh, message.plan);
  if (plan === undefined) return { type: "declined", reason: "the plan has changed" };
  const language = heldAt(state.held, plan.segments[0]?.ref)?.loaded.language;
  if (language === undefined) return { type: "declined", reason: "the first segment is not here" };
  const { id, request, progress, answer } = message;
  if (state.conversations.has(id)) return { type: "declined", reason: `there is a conversation ${id} already` };
  const behaviour = conversation({ id, plan, request, progress, answer, language });
  const ref = context.spawn(behaviour, { name: `conversation-${id}` });
  state.conversations.set(id, ref);
  context.watch(ref, () => ({ type: "conversation-ended", id }));
  return { type: "conversing", conversation: ref };
}
