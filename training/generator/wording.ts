/** Ways to say the same: some for training, others for validation, so that a wording learned by heart does not pass. */
import type { Split } from "./names.ts";
import type { Random } from "./random.ts";

/** The wordings of each side; none is on both. */
export type Wordings = Readonly<Record<Split, readonly string[]>>;

/** What may stand before any question. */
const leads: Wordings = {
  train: [
    "",
    "",
    "",
    "",
    "",
    "Now tell me: ",
    "A question: ",
    "Please answer: ",
    "Now think: ",
    "Tell me this: ",
    "My question is this: ",
    "Listen well: ",
    "Think about it. ",
    "One more thing: ",
    "I want to know it: ",
  ],
  heldout: ["", "", "Tell me now: ", "Please think: ", "One question: ", "Now listen: "],
};

/** Picks a wording and puts `values` in the places {0}, {1} and so on. */
export function word(random: Random, split: Split, wordings: Wordings, ...values: readonly string[]): string {
  return fill(random.pick(wordings[split]), ...values);
}

/** Puts `values` in the places {0}, {1} and so on. */
export function fill(template: string, ...values: readonly string[]): string {
  return template.replace(/\{(\d)\}/g, (_, index: string) => values[Number(index)] ?? "");
}

/** Words a question; what may stand before it comes from a list for all. */
export function wordQuestion(random: Random, split: Split, wordings: Wordings, ...values: readonly string[]): string {
  return random.pick(leads[split]) + word(random, split, wordings, ...values);
}

/** How a question asks for the steps to its answer as well. */
const whys: Wordings = {
  train: [
    "Explain.",
    "Explain your answer.",
    "Say why.",
    "Please say how you know.",
    "Tell me why.",
    "How do you know it?",
    "Explain how you know.",
    "Please tell me the steps.",
  ],
  heldout: ["Please explain.", "Say how you know.", "Tell me how you know it."],
};

/** Adds to a question that the answer should name the steps. */
export function askToExplain(random: Random, split: Split, question: string): string {
  return `${question} ${word(random, split, whys)}`;
}
