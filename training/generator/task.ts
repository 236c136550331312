import { comparePuzzle } from "./compare.ts";
import { functionPuzzle } from "./function.ts";
import { lookupPuzzle } from "./lookup.ts";
import { recallPuzzle } from "./recall.ts";
import { rulePuzzle } from "./rule.ts";
import type { Split } from "./names.ts";
import type { Random } from "./random.ts";
import type { Met, Puzzle, Question, Task, TaskFamily, TaskOptions, Unsaid } from "./sample.ts";
import { screenPuzzle } from "./screen.ts";
import { askToExplain } from "./wording.ts";

const writers: Readonly<Record<TaskFamily, (options: TaskOptions) => Puzzle>> = {
  lookup: lookupPuzzle,
  rule: rulePuzzle,
  function: functionPuzzle,
  screen: screenPuzzle,
  compare: comparePuzzle,
  recall: recallPuzzle,
};

/** Writes a text with questions of a family. Throws a RangeError for knobs out of range. */
export function writePuzzle(family: TaskFamily, options: TaskOptions): Puzzle {
  const { hops, redundancy } = options;
  if (![1, 2, 3].includes(hops)) throw new RangeError(`Cannot write a task of ${hops} hops; choose 1, 2 or 3`);
  if (!(redundancy >= 0 && redundancy <= 0.8)) {
    throw new RangeError(`Cannot write a task of redundancy ${redundancy}; choose 0 to 0.8`);
  }
  return writers[family](options);
}

/** Writes a task of a family: a puzzle with one of its questions. Throws a RangeError for knobs out of range. */
export function writeTask(family: TaskFamily, options: TaskOptions): Task {
  const { text, glue, questions, derivable: _, unsaid: __, ...rest } = writePuzzle(family, options);
  const { random, split, explain = false } = options;
  const asked = exchange(random.pick(questions), { random, split, explain });
  return { ...rest, prompt: text + glue + asked.question, answer: asked.answer, unsaid: asked.unsaid };
}

interface Exchange {
  readonly question: string;
  readonly answer: string;
  readonly unsaid: readonly Unsaid[];
  readonly met: readonly Met[];
}

/** A question as it is asked, and what to answer. */
export function exchange(
  { question, answer, explanation, unsaid = [], met = [] }: Question,
  { random, split, explain }: { readonly random: Random; readonly split: Split; readonly explain: boolean },
): Exchange {
  return explain
    ? { question: askToExplain(random, split, question), answer: explanation, unsaid: [], met }
    : { question, answer, unsaid, met };
}
