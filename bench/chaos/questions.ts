/** What readers ask: a few prompts, greedy and seeded, and what an undisturbed mesh answers. */
import type { ChaosOptions } from "./options.ts";
import { ask, type Question } from "./readers.ts";
import type { Field } from "./strike.ts";

const PROMPTS = [
  "Once upon a time there was a little girl who",
  "The old dog and the small cat went to",
  "Tom and his sister found a big box. In the box",
  "One day it rained so much that",
  "A bird sat in a tree and said",
];

/** Asks every question of the mesh before anything happens to it, each twice. @throws where the two answers differ */
export async function questionsOf(
  field: Field,
  { tokens }: ChaosOptions,
): Promise<Question[]> {
  const questions: Question[] = [];
  for (const [index, prompt] of PROMPTS.entries()) {
    for (const greedy of [true, false]) {
      const sampling = greedy ? { temperature: 0 } : { temperature: 0.8, top_p: 0.95, seed: 100 + index };
      const request = { prompt, max_tokens: tokens, ...sampling };
      const [one, two] = [
        await ask(field, 0, request),
        await ask(field, field.readable.at(-1) ?? 0, request),
      ];
      const error = one.read.error ?? two.read.error;
      if (error !== undefined) {
        throw new Error(`The undisturbed mesh failed: ${error}`);
      }
      if (one.read.text !== two.read.text) {
        throw new Error(
          `The undisturbed mesh answered "${prompt}" in two ways.`,
        );
      }
      questions.push({
        name: `${index}${greedy ? " greedy" : " seeded"}`,
        greedy,
        request,
        reference: one.read,
      });
    }
  }
  return questions;
}
