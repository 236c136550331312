/** What each kind of block takes and gives. The one place that knows: whoever cuts a model asks here. */
import type { Block } from "./manifest.ts";

/** Token ids, or hidden states [tokens, width]. */
export type BlockInput = "tokens" | "hidden";
/** Hidden states [tokens, width], or logits [tokens, vocabulary], from which tokens are sampled. */
export type BlockOutput = "hidden" | "logits";

const ROLES: Readonly<Record<Block["kind"], { readonly takes: BlockInput; readonly gives: BlockOutput }>> = {
  embed: { takes: "tokens", gives: "hidden" },
  layer: { takes: "hidden", gives: "hidden" },
  head: { takes: "hidden", gives: "logits" },
};

/** What a block of this kind takes and gives. */
export function roleOf({ kind }: Pick<Block, "kind">): { readonly takes: BlockInput; readonly gives: BlockOutput } {
  return ROLES[kind];
}

/** Whether a run of blocks takes token ids: then it needs the model's tokenizer, and prompts enter there. */
export function takesTokens(blocks: readonly Pick<Block, "kind">[]): boolean {
  return blocks[0] !== undefined && roleOf(blocks[0]).takes === "tokens";
}

/** Whether a run of blocks ends in logits: then it samples. */
export function givesLogits(blocks: readonly Pick<Block, "kind">[]): boolean {
  const last = blocks.at(-1);
  return last !== undefined && roleOf(last).gives === "logits";
}

/** Whether a block keeps a KV cache for each sequence. */
export function keepsCache({ kind }: Pick<Block, "kind">): boolean {
  return kind === "layer";
}
