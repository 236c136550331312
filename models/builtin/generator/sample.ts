/** What the generator writes. */
import type { Split } from "./names.ts";
import type { Random } from "./random.ts";

/** The six task families, after "Elastic On-Device LLM Service" (arXiv 2409.09071). */
export const families = ["lookup", "rule", "function", "screen", "compare", "recall"] as const;
export type TaskFamily = typeof families[number];

export interface TaskOptions {
  readonly random: Random;
  readonly split: Split;
  /** Steps between question and answer: 1, 2 or 3. */
  readonly hops: number;
  /** Share of the text before the question that says nothing to it: 0 to 0.8. */
  readonly redundancy: number;
  /** Chains of facts to choose from, the asked one included; each family has its own default. */
  readonly chains?: number;
}

/** Some text and questions to it. */
export interface Puzzle {
  readonly family: TaskFamily;
  readonly hops: number;
  readonly redundancy: number;
  /** What comes before the question. */
  readonly text: string;
  /** What stands between text and question. */
  readonly glue: " " | "\n";
  /** Parts of the text that follow from what stands before them: training learns them too. */
  readonly derivable?: readonly Span[];
  /**
   * At least one; each answer is exact. An answer starts with what was asked and goes from fact to fact: a small model finds one
   * best by beginning to say it.
   */
  readonly questions: readonly Question[];
  /** The accuracy of a blind guess among the things of the right kind. */
  readonly chance: number;
}

/** Characters of a text: from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Question {
  readonly question: string;
  readonly answer: string;
}

/** A puzzle with one question: a user's message and the exact answer. */
export interface Task {
  readonly family: TaskFamily;
  readonly hops: number;
  readonly redundancy: number;
  readonly prompt: string;
  readonly answer: string;
  /** The accuracy of a blind guess among the things of the right kind. */
  readonly chance: number;
}

/** A conversation for training or validation. */
export interface Conversation {
  readonly kind: "task" | "story" | "talk" | "copy" | "raw";
  /** Alternating user and assistant, user first; a "raw" one is a single text without chat. */
  readonly messages: readonly string[];
  /** Parts of the first message that count like an answer. */
  readonly derivable?: readonly Span[];
}
