/** Prompts whose answers repeat what is there, or do not, for models that have read little: as tokens of any vocabulary. */

/** A prompt, and how the answer is kept to its kind. */
export interface SpeculationPrompt {
  readonly name: string;
  readonly prompt: string;
  /** Taken off a token's logit for each time that it occurred: below 0 a text goes on repeating itself. */
  readonly frequencyPenalty: number;
}

const RECORD = 'const point = { name: "point", x: 0, y: 0 };\n';

export const PROMPTS: readonly SpeculationPrompt[] = [
  {
    name: "repetitive",
    prompt: "one, two, three, ".repeat(8),
    frequencyPenalty: -1,
  },
  { name: "code-like", prompt: RECORD.repeat(3), frequencyPenalty: -0.5 },
  {
    name: "prose",
    prompt: "Once upon a time there was a goose who lived near a lake. One day",
    frequencyPenalty: 0,
  },
  {
    name: "prose, drawn from all",
    prompt: "Once upon a time there was a goose who lived near a lake. One day",
    frequencyPenalty: 1,
  },
];
