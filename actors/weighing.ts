/**
 * How a prompt may be answered in less time: what is left of it at each prompt level, and how probably each level of the model
 * answers it right. The device where prompts are read says so, once for an answer that has a target: tokenizer and chooser are
 * there. See `supervisor/weighing.ts`.
 */
import * as v from "valibot";
import { PROMPT_SHARES } from "../models/elastic.ts";
import type { Ref, Reply } from "../runtime/actor/mod.ts";
import { Prompt, promptBytes } from "./conversation/protocol.ts";
import { PlanNumber } from "./plan-number.ts";
import { Count, MAX_LEVELS, Milliseconds, Position, replyTo, ShortText } from "./wire.ts";

/** Bytes of a prompt that is weighed: several times what a chooser reads. Of a longer one nothing is left out. */
export const MAX_WEIGHED_BYTES = 16 * 1024;

const Share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** A prompt, or what is left of it. */
export const PromptWay = v.object({
  /** The share of users' text that was to be kept; 1: the prompt is as it came. */
  share: v.pipe(Share, v.minValue(0.01)),
  /** Tokens that there are to read. */
  promptTokens: Position,
  /** What is left; absent: all. */
  prompt: v.optional(Prompt),
  /** The probability of a right answer at each level of the model, the least first; absent: not known. */
  right: v.optional(v.pipe(v.array(Share), v.minLength(1), v.maxLength(MAX_LEVELS))),
});
export type PromptWay = v.InferOutput<typeof PromptWay>;

export const Weighed = v.variant("type", [
  v.object({
    type: v.literal("weighed"),
    /** The whole prompt first. */
    ways: v.pipe(v.array(PromptWay), v.minLength(1), v.maxLength(PROMPT_SHARES.length)),
    /** Answers of the model that are under way on all devices: their conversations are all there. */
    underway: Count,
    /** What the chooser took; absent where none was asked. */
    chooserMilliseconds: v.optional(Milliseconds),
  }),
  /** No prompt was to be weighed. */
  v.object({ type: v.literal("counted"), underway: Count }),
  v.object({ type: v.literal("unweighed"), reason: ShortText }),
]);
export type Weighed = v.InferOutput<typeof Weighed>;

/** From a gateway to the supervisor of the device where the plan begins. */
export const Weigh = v.object({
  type: v.literal("weigh"),
  plan: PlanNumber,
  /** Absent where it is only asked how many answers are under way. */
  prompt: v.optional(
    v.pipe(Prompt, v.check((prompt) => promptBytes(prompt) <= MAX_WEIGHED_BYTES, "it is too long to be weighed")),
  ),
  replyTo: replyTo<Weighed>(),
});
export interface Weigh {
  readonly type: "weigh";
  readonly plan: PlanNumber;
  readonly prompt?: Prompt | undefined;
  readonly replyTo: Ref<Reply<Weighed>>;
}
