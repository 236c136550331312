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
  /** Ask for the steps to the answer as well. Default false. */
  readonly explain?: boolean;
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
  /** Steps to what is derivable. */
  readonly unsaid?: readonly Unsaid[];
  /** At least one. */
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
  /** Exact and short: it starts with what was asked and leaves the steps out. */
  readonly answer: string;
  /** What to answer if the question asks for the steps too: it goes from fact to fact. */
  readonly explanation: string;
  /** Steps that the short answer leaves out; training asks the layers for them. */
  readonly unsaid?: readonly Unsaid[];
  /** What a reader of the question comes by at some of its words; training asks a later layer for it. */
  readonly met?: readonly Met[];
}

/** What a reader knows behind a word. */
export interface Met {
  /** The character behind the word. */
  readonly at: number;
  readonly known: string;
}

/** What a reader comes by on the way to a word. */
export interface Unsaid {
  /** The character at which that word begins. */
  readonly at: number;
  /** One or two words, in the order in which they are found; undefined: nothing is asked there. */
  readonly through: readonly (string | undefined)[];
}

/** Says what leads to the last place where `word` is in the answer. */
export function unsaidBefore(answer: string, word: string, through: Unsaid["through"]): Unsaid {
  return { at: answer.lastIndexOf(` ${word}`) + 1, through };
}

/** A puzzle with one question: a user's message and the exact answer. */
export interface Task {
  readonly family: TaskFamily;
  readonly hops: number;
  readonly redundancy: number;
  readonly prompt: string;
  readonly answer: string;
  /** Steps that the answer leaves out. */
  readonly unsaid: readonly Unsaid[];
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
  /** For each message that has any: the steps that it leaves out. */
  readonly unsaid?: ReadonlyMap<number, readonly Unsaid[]>;
  /** For each message that has any: what its reader comes by. */
  readonly met?: ReadonlyMap<number, readonly Met[]>;
}
