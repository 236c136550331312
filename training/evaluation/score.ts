/** Scores a model on the held-out set: exact matches of tasks, perplexity and mentions of stories. */
import type { Story, Task } from "../generator/mod.ts";
import type { Pipeline } from "./pipeline.ts";

/** Exact matches at one setting of the knobs. */
export interface Cell {
  readonly family: string;
  readonly hops: number;
  readonly redundancy: number;
  readonly tasks: number;
  readonly accuracy: number;
  /** The accuracy of a blind guess. */
  readonly chance: number;
}

export interface Scores {
  readonly cells: readonly Cell[];
  /** The same settings where the question asks for the steps as well: each fact on the way must be right. */
  readonly explained: readonly Cell[];
  readonly stories: number;
  /** e to the mean negative log-likelihood a token of the held-out stories, given their requests. */
  readonly storyPerplexity: number;
  /** Share of the story requests whose greedy answer names every asked hero, thing, friend, place and name. */
  readonly storyMentions: number;
}

/** Tokens: the longest right ones have about 50. */
const longestAnswer = 70;

/** An answer is right if it is the wanted text to the letter, spaces around it left out. */
export async function scoreTasks(pipeline: Pipeline, tasks: readonly Task[]): Promise<Cell[]> {
  const { tokenizer } = pipeline;
  // Like lengths run together: a step is as long as its longest row.
  const ordered = [...tasks].sort((a, b) => a.answer.length - b.answer.length);
  const answers = await pipeline.complete(ordered.map(({ prompt }) => pipeline.encodePrompt(prompt)), longestAnswer);
  const cells = new Map<string, { task: Task; right: number; count: number }>();
  for (const [i, task] of ordered.entries()) {
    const key = [task.family, task.hops, task.redundancy].join(" ");
    const cell = cells.get(key) ?? { task, right: 0, count: 0 };
    cells.set(key, cell);
    cell.count++;
    if (tokenizer.decode(answers[i] ?? []).trim() === task.answer) cell.right++;
  }
  const first = (key: string) => tasks.findIndex((task) => [task.family, task.hops, task.redundancy].join(" ") === key);
  return [...cells].sort(([a], [b]) => first(a) - first(b)).map(([, { task, right, count }]) => ({
    family: task.family,
    hops: task.hops,
    redundancy: task.redundancy,
    tasks: count,
    accuracy: right / count,
    chance: task.chance,
  }));
}

/** Perplexity of the given texts, and mentions in the model's own greedy ones. */
export async function scoreStories(
  pipeline: Pipeline,
  stories: readonly Story[],
): Promise<Pick<Scores, "stories" | "storyPerplexity" | "storyMentions">> {
  const { tokenizer, manifest } = pipeline;
  const vocabulary = manifest.architecture.vocabulary;
  const end = [...tokenizer.endIds].slice(0, 1);
  const prompts = stories.map(({ prompt }) => pipeline.encodePrompt(prompt));
  let loss = 0;
  let count = 0;
  for (const [i, { text }] of stories.entries()) {
    const prompt = prompts[i] ?? [];
    const ids = [...prompt, ...tokenizer.encode(text, { addBos: false }), ...end];
    const logits = await pipeline.logits(ids);
    for (let at = prompt.length; at < ids.length; at++) {
      loss -= logProbability(logits.subarray((at - 1) * vocabulary, at * vocabulary), ids[at] ?? 0);
      count++;
    }
  }
  const written = await pipeline.complete(prompts, 300);
  const mentioned = stories.filter(({ mentions }, i) => {
    const text = tokenizer.decode(written[i] ?? []).toLowerCase();
    return mentions.every((word) => new RegExp(`\\b${word.toLowerCase()}\\b`).test(text));
  });
  return {
    stories: stories.length,
    storyPerplexity: Math.exp(loss / Math.max(1, count)),
    storyMentions: mentioned.length / Math.max(1, stories.length),
  };
}

/** The natural logarithm of the probability that the logits give to a token. */
export function logProbability(logits: Float32Array, token: number): number {
  let largest = -Infinity;
  for (const logit of logits) largest = Math.max(largest, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  return (logits[token] ?? -Infinity) - largest - Math.log(sum);
}
