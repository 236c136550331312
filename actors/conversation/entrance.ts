/** What a conversation asks the first segment for: a place in the pipeline, and what its sequence is like. */
import type { Enter } from "../pipeline.ts";
import type { AnswerRequest, Progress } from "./protocol.ts";
import type { ConversationState } from "./state.ts";

export interface Asked {
  readonly prompt: Int32Array;
  /** Positions that it comes to at most. */
  readonly room: number;
  /** Whether no conversation has begun the answer before. */
  readonly fresh: boolean;
}

export function entranceOf({ context, run, options }: ConversationState, { prompt, room, fresh }: Asked): Enter {
  const { plan, request, answer, progress } = options;
  const ids = run?.prefill.ids;
  return {
    type: "enter",
    conversation: context.self,
    route: plan.segments.slice(1).map(({ ref }) => ref),
    sampling: request.sampling,
    sharing: sharingOf(request, progress),
    level: request.level,
    resume: ids !== undefined && ids.length > 1 ? ids : undefined,
    fresh,
    promptTokens: prompt.length,
    room,
    logprobs: request.logprobs,
    client: `${answer.device} ${request.client ?? ""}`,
  };
}

/** Whether its sequence shares kernels: as it began, if it has. */
function sharingOf(
  { repeatable = true }: AnswerRequest,
  { shared = false, generated }: Progress,
): NonNullable<Enter["sharing"]> {
  if (shared) return "yes";
  return repeatable || generated.length > 0 ? "no" : "may";
}
