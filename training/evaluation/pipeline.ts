/** A model file in Skein's own compute worker, as the evaluation uses it: many prompts at once, greedy or scored. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileModel } from "../../models/compile/mod.ts";
import { type Attention, blockFiles, type ComputeSegment, startCompute } from "../../models/compute/mod.ts";
import { onThisThread } from "../../models/compute/this-thread.ts";
import { levelsOf } from "../../models/elastic.ts";
import type { Manifest } from "../../models/manifest.ts";
import { defaultSampling } from "../../models/sampling/mod.ts";
import { openBlockStore } from "../../models/store/mod.ts";
import { createTokenizer, encodeChat, parseBundle, type Tokenizer } from "../../models/text/mod.ts";

export interface PipelineOptions {
  /** Threads of the compute worker. Default 1. */
  readonly threads?: number;
  /** Sequences that run at once. Default 8. */
  readonly slots?: number;
  /** Slices of an elastic model's layers that run, from the first. Default: all. */
  readonly level?: number;
}

export interface Pipeline extends AsyncDisposable {
  readonly manifest: Manifest;
  readonly tokenizer: Tokenizer;
  /** The tokens of a user's message in chat form, up to where the answer begins. */
  encodePrompt(prompt: string): number[];
  /** Returns the greedy continuation of each prompt, at most `maxTokens` long, without the token that ends it. */
  complete(prompts: readonly (readonly number[])[], maxTokens: number): Promise<number[][]>;
  /** Returns the logits after each token of a sequence: [tokens, vocabulary]. */
  logits(ids: readonly number[]): Promise<Float32Array>;
}

/** Compiles a model file into a folder of its own and loads it; closing removes the folder. Throws ModelFileError. */
export async function openPipeline(
  path: string,
  { threads = 1, slots = 8, level }: PipelineOptions = {},
): Promise<Pipeline> {
  const folder = await mkdtemp(join(tmpdir(), "skein-evaluation-"));
  const compute = startCompute({ threads, startThread: onThisThread });
  const close = async () => {
    await compute.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const store = await openBlockStore(folder);
    const manifest = await compileModel(path, { store });
    const { architecture } = manifest;
    const context = architecture.context;
    const blocks = manifest.blocks.map((block) => blockFiles(block, store));
    const segment = await compute.open({ architecture, blocks, context, slots, levels: levelsOf(manifest).length });
    const bundle = parseBundle(JSON.parse(await readFile(store.path(manifest.tokenizer), "utf8")));
    const tokenizer = createTokenizer(bundle);
    const at = level === undefined ? {} : { level };
    const lane = { segment, context, endIds: tokenizer.endIds, at };
    return {
      manifest,
      tokenizer,
      encodePrompt: (prompt) => encodeChat(tokenizer, bundle, [{ role: "user", content: prompt }]),
      async complete(prompts, maxTokens) {
        const answers: number[][] = [];
        for (let at = 0; at < prompts.length; at += slots) {
          answers.push(...await completeLane(lane, prompts.slice(at, at + slots), maxTokens));
        }
        return answers;
      },
      async logits(ids) {
        const row = {
          slot: 0,
          position: 0,
          count: ids.length,
          attention: attentionOf(ids),
          output: "logits" as const,
          ...at,
        };
        const { logits: [found] } = await segment.step({ rows: [row], tokens: Int32Array.from(ids) });
        if (found === undefined) throw new TypeError("Cannot score: the head gave no logits");
        return found;
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** As in a conversation: a prompt is a chunk, a token that was drawn attends by itself. */
function attentionOf(ids: readonly number[]): Attention {
  return ids.length === 1 ? "single" : "chunk";
}

interface Lane {
  readonly segment: ComputeSegment;
  readonly context: number;
  readonly endIds: ReadonlySet<number>;
  readonly at: { readonly level?: number };
}

const greedy = { sampling: { ...defaultSampling, temperature: 0 }, history: new Int32Array() };

/** Runs as many sequences as there are slots to their ends. */
async function completeLane(
  { segment, context, endIds, at }: Lane,
  prompts: readonly (readonly number[])[],
  maxTokens: number,
): Promise<number[][]> {
  let open = prompts.map((prompt, slot) => ({ slot, position: 0, next: prompt, answer: new Array<number>() }));
  const answers = open.map(({ answer }) => answer);
  while (open.length > 0) {
    const rows = open.map(({ slot, position, next }) => ({
      slot,
      position,
      count: next.length,
      attention: attentionOf(next),
      output: greedy,
      ...at,
    }));
    const { tokens } = await segment.step({ rows, tokens: Int32Array.from(open.flatMap(({ next }) => next)) });
    open = open.flatMap(({ slot, position, next, answer }, i) => {
      const token = tokens[i]?.[0] ?? -1;
      if (endIds.has(token)) return [];
      answer.push(token);
      const reached = position + next.length;
      const full = answer.length >= maxTokens || reached >= context;
      return full ? [] : [{ slot, position: reached, next: [token], answer }];
    });
  }
  return answers;
}
