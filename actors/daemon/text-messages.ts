/** What the main thread and the thread that reads texts say to each other. */
import type { Prompt, PromptRead } from "../conversation/protocol.ts";
import type { Studied } from "../conversation/study.ts";
import type { TokenTable } from "../../models/text/mod.ts";

/** A tokenizer in the block store. A thread that has not read it yet does so first. */
export interface StoredTokenizer {
  readonly path: string;
  /** Ids below this have a row in the model's embedding. */
  readonly vocabulary: number;
}

/** To the thread. */
export type TextRequest =
  | { readonly type: "learn"; readonly tokenizer: StoredTokenizer }
  | { readonly type: "read"; readonly tokenizer: StoredTokenizer; readonly prompt: Prompt; readonly context: number }
  | { readonly type: "study"; readonly tokenizer: StoredTokenizer; readonly prompt: Prompt; readonly context: number };

/** From the thread: one for each request, in their order. */
export type TextResponse =
  | { readonly type: "learnt"; readonly table: TokenTable }
  | { readonly type: "read"; readonly read: PromptRead }
  | { readonly type: "studied"; readonly studied: Studied }
  | { readonly type: "failed"; readonly reason: string };
