/** The gateway's messages, and what readers of answers hear. All of them stay on their device. */
import type { Ref, Reply } from "../../runtime/actor/mod.ts";
import type { Likelihood } from "../conversation/likelihoods.ts";
import type { AnswerRequest, FinishReason, Rejection } from "../conversation/protocol.ts";
import type { Target } from "../../plans/mod.ts";
import type { ActivePlan, MeshState } from "../plan.ts";
import type { Chosen } from "./chosen.ts";

/** What a gateway is told, by its own device only. */
export type GatewayMessage =
  | { readonly type: "state"; readonly leader: string; readonly state: MeshState }
  | {
    readonly type: "prompt";
    readonly prompt: PromptRequest;
    readonly listener: AnswerListener;
    /** Told as soon as the prompt is taken; all else goes to the listener. */
    readonly replyTo: Ref<Reply<"taken">>;
  }
  | { readonly type: "answered"; readonly path: string };

/** What a client wants answered, and by which model. */
export interface PromptRequest {
  readonly request: AnswerRequest;
  /** A model's name or id; undefined for whichever is served. */
  readonly model: string | undefined;
  /** How fast it must be. Default: the whole model answers, however long it takes. */
  readonly target?: Target | undefined;
}

/** Who reads an answer: a client's connection. */
export interface AnswerListener {
  /** Called for each event, in order; the last one is "finished" or "failed". */
  readonly onEvent: (event: AnswerEvent) => void;
  /** Aborted when the reader has gone. */
  readonly signal: AbortSignal;
}

/** What a reader is told. */
export type AnswerEvent =
  | { readonly type: "started"; readonly promptTokens: number; readonly plan: ActivePlan; readonly chosen?: Chosen }
  /** `likelihoods`: of the tokens that came with it, where that is asked for. They may come before their text. */
  /** So many tokens of the prompt have been read, `cachedTokens` of which were in the caches; the last ones are not told. */
  | {
    readonly type: "reading";
    readonly tokens: number;
    readonly cachedTokens: number;
    readonly promptTokens: number;
    /** Since the prompt came. */
    readonly milliseconds: number;
  }
  | { readonly type: "text"; readonly text: string; readonly likelihoods?: readonly Likelihood[] | undefined }
  | {
    readonly type: "finished";
    readonly reason: FinishReason;
    readonly timings: Timings;
    readonly plan: ActivePlan;
    readonly chosen?: Chosen;
  }
  | {
    readonly type: "failed";
    readonly code: FailureCode;
    readonly message: string;
    /** After which another try may be worth it; absent where nothing is known of that. */
    readonly retryAfterSeconds?: number | undefined;
  };

/** Why an answer failed. */
export type FailureCode =
  /** "overloaded" is said by the gateway too, where too many answers are under way on its device. */
  | Rejection
  /** No such model is served. */
  | "model_not_found"
  /** The prompt does not fit what devices send each other at once. */
  | "prompt_too_large"
  /** It cannot be as fast as its client insists. */
  | "target_unreachable"
  /** The mesh has no plan. */
  | "no_plan"
  /** It could not be gone on with. */
  | "interrupted";

/** How long an answer took. Milliseconds, from the prompt's arrival at the gateway. */
export interface Timings {
  readonly promptTokens: number;
  /** Tokens of the prompt that were in the caches already. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  /** To the first token. */
  readonly timeToFirstTokenMilliseconds: number;
  /** To the last. */
  readonly totalMilliseconds: number;
  /** Of tokens that were guessed and verified along with others, those that became the answer's; absent where none were. */
  readonly guessed?: { readonly accepted: number; readonly rejected: number };
  /** Conversations that it took: more than 1 where a device was lost on the way. */
  readonly conversations: number;
}
