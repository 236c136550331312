/** Conversations that gateways ask for: they live on the device of the first segment. */
import { leaderOf } from "../addresses.ts";
import { conversation } from "../conversation/behaviour.ts";
import { promptBytes, TOKEN_BYTES } from "../conversation/protocol.ts";
import { planNumbered } from "../plan.ts";
import { charge, discharge } from "./charges.ts";
import { heldAt } from "./held.ts";
import type { ConverseMessage, Conversing } from "./protocol.ts";
import type { SupervisorContext, SupervisorOptions, SupervisorState } from "./state.ts";

/** Starts a conversation under the plan in force, or says why not. */
export function converse(
  state: SupervisorState,
  message: ConverseMessage,
  options: SupervisorOptions,
  context: SupervisorContext,
): Conversing {
  const plan = planNumbered(state.mesh, message.plan);
  if (plan === undefined) return declined("the plan has changed");
  const first = heldAt(state.held, plan.segments[0]?.ref);
  const language = first?.loaded.language;
  if (first === undefined || language === undefined) return declined("the first segment is not here");
  const { id, request, progress, answer } = message;
  if (state.conversations.has(id)) return declined(`there is a conversation ${id} already`);
  const bytes = promptBytes(request.prompt) + TOKEN_BYTES * progress.generated.length;
  const excess = charge(state, answer.device, bytes, options);
  if (excess !== undefined) return declined(excess);
  const { speculates = true } = options;
  const behaviour = conversation({
    id,
    plan,
    request,
    progress,
    answer,
    language,
    speculates,
    experience: first.experience,
  });
  const ref = context.spawn(behaviour, { name: `conversation-${id}` });
  state.conversations.set(id, { model: plan.model.id, device: answer.device, bytes });
  context.watch(ref, () => ({ type: "conversation-ended", id }));
  return { type: "conversing", conversation: ref };
}

/** A conversation is over: what it had taken is free. */
export function conversationEnded(
  state: SupervisorState,
  id: string,
  options: SupervisorOptions,
  context: SupervisorContext,
): void {
  const { conversations } = state;
  const ended = conversations.get(id);
  conversations.delete(id);
  if (ended !== undefined) discharge(state, ended.device, ended.bytes);
  tellDrained(state, options, context);
}

/** Tells the leader of models that retire of which no answer is under way: their conversations are all on this device. */
export function tellDrained(
  { mesh, leader, conversations }: SupervisorState,
  { device }: SupervisorOptions,
  context: SupervisorContext,
): void {
  if (leader === undefined) return;
  for (const state of mesh.models) {
    if (state.type !== "active" || state.retiring !== true || state.plan.segments[0]?.device !== device) continue;
    const { id: model } = state.plan.model;
    if ([...conversations.values()].some((conversation) => conversation.model === model)) continue;
    context.tell(leaderOf(leader), { type: "drained", device, model });
  }
}

function declined(reason: string): Conversing {
  return { type: "declined", reason };
}
