/**
 * The conversation: tokens in, text out, for one prompt. It lives on the device of the first segment, steps its sequence
 * through the pipeline and tells the answer that it works for what comes out. It can start in the middle: given the tokens
 * that an earlier conversation drew, it goes on from the next one, since the same seed draws the same token at a position.
 */
import { type Behaviour, type Context, type Next, next, type Ref, stop } from "../../runtime/actor/mod.ts";
import type { ExecutorMessage } from "../executor/protocol.ts";
import type { ActivePlan } from "../plan.ts";
import { accepting } from "../wire.ts";
import {
  type AnswerRequest,
  type ConversationEvent,
  type ConversationMessage,
  type FromConversation,
  type Progress,
  WireConversationMessage,
} from "./protocol.ts";
import { type Language, PromptError, readPrompt } from "./prompt.ts";
import { Prefill } from "./steps.ts";
import { Transcript } from "./transcript.ts";

/** Longest silence of the pipeline while a step is under way. Slow boards need seconds for a chunk, none needs this. */
const STALL_MILLISECONDS = 60_000;

/** Longest wait for a cache slot while other answers have them all. */
const QUEUE_MILLISECONDS = 600_000;

/** What a conversation is made of. */
export interface ConversationOptions {
  readonly id: string;
  readonly plan: ActivePlan;
  readonly request: AnswerRequest;
  readonly progress: Progress;
  readonly answer: Ref<FromConversation>;
  readonly language: Language;
}

interface ConversationState {
  readonly prefill: Prefill;
  readonly transcript: Transcript;
  /** Whether the sequence has a cache slot. */
  seated: boolean;
  /** Ends the watch for silence. */
  calm: () => void;
}

/** Makes the behaviour of a conversation. */
export function conversation(
  options: ConversationOptions,
): Behaviour<ConversationState | undefined, ConversationMessage> {
  const { id, plan, request, progress } = options;
  const [first, ...following] = plan.segments.map(({ ref }) => ref) as [
    Ref<ExecutorMessage>,
    ...Ref<ExecutorMessage>[],
  ];
  return {
    accepts: accepting<ConversationMessage>(WireConversationMessage),
    start(context) {
      try {
        const prompt = readPrompt(request.prompt, options.language, plan.context);
        const room = Math.min(request.maxTokens, plan.context - prompt.length);
        const { tokenizer } = options.language;
        const transcript = new Transcript({ tokenizer, prompt, request, progress, room });
        tell(context, { type: "started", promptTokens: prompt.length });
        const ended = transcript.ended();
        if (ended !== undefined) return over(context, { type: "finished", tokens: [], ...ended });
        for (const { ref, name } of plan.segments) {
          context.watch(ref, ({ detail }) => ({ type: "failed", reason: `the segment on ${name} is gone: ${detail}` }));
        }
        context.watch(options.answer, () => ({ type: "cancel" }));
        const { sampling } = request;
        context.tell(first, { type: "open", sequence: id, route: following, conversation: context.self, sampling });
        const state = {
          prefill: new Prefill(id, [...prompt, ...progress.generated]),
          transcript,
          seated: false,
          calm: () => {},
        };
        feed(state, context);
        return state;
      } catch (error) {
        if (!(error instanceof PromptError)) throw error;
        return over(context, { type: "rejected", code: error.code, message: error.message });
      }
    },
    receive(state, message, context) {
      if (state === undefined) return stop();
      state.calm();
      switch (message.type) {
        case "seated":
          state.seated = true;
          listen(state, context);
          return next(state);
        case "advanced":
          state.prefill.arrived();
          feed(state, context);
          return next(state);
        case "sampled": {
          const { transcript } = state;
          // A token that is not the one due can only come from a pipeline that lost count.
          if (message.position !== transcript.length) {
            return broken(context, `token ${message.position} came out of turn`);
          }
          const piece = transcript.push(message.token);
          if (piece.finished !== undefined) {
            tell(context, { type: "finished", reason: piece.finished, tokens: [...piece.tokens], text: piece.text });
            return end(context);
          }
          // The next step first: while it computes, the text finds its way to the reader.
          const row = { sequence: id, position: message.position, tokens: [message.token], sample: true };
          context.tell(first, { type: "forward", rows: [row] });
          tell(context, { type: "piece", tokens: [message.token], text: piece.text });
          listen(state, context);
          return next(state);
        }
        case "failed":
          return broken(context, message.reason);
        case "stalled":
          return broken(
            context,
            state.seated
              ? `the pipeline has been silent for ${STALL_MILLISECONDS / 1000} seconds`
              : `other answers have held every place for ${QUEUE_MILLISECONDS / 60_000} minutes`,
          );
        case "cancel":
          return end(context, "cancelled");
        default:
          return message satisfies never;
      }
    },
  };

  /** The answer was over before it began; the message makes this actor stop. */
  function over(context: Context<ConversationMessage>, event: ConversationEvent): undefined {
    tell(context, event);
    context.tell(context.self, { type: "cancel" });
  }

  /** The caches of this sequence are let go at every segment, one behind the other. */
  function end(context: Context<ConversationMessage>, detail?: string): Next<never> {
    context.tell(first, { type: "close", sequence: id });
    return stop(detail);
  }

  function feed(state: ConversationState, context: Context<ConversationMessage>): void {
    for (const row of state.prefill.take()) {
      context.tell(first, { type: "forward", rows: [row] });
    }
    listen(state, context);
  }

  function listen(state: ConversationState, context: Context<ConversationMessage>): void {
    state.calm = context.after(state.seated ? STALL_MILLISECONDS : QUEUE_MILLISECONDS, { type: "stalled" });
  }

  function tell(context: Context<ConversationMessage>, event: ConversationEvent): void {
    context.tell(options.answer, { type: "conversation", id, event });
  }

  function broken(context: Context<ConversationMessage>, reason: string): Next<never> {
    tell(context, { type: "broken", reason });
    return end(context, reason);
  }
}
