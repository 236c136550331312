/** What the model is trained on, and in which order: short and easy first, so that look-up in the context forms early. */
import { copyExercise } from "./copy.ts";
import type { Split } from "./names.ts";
import type { Random } from "./random.ts";
import { type Conversation, families, type Met, type TaskFamily } from "./sample.ts";
import { writeStory } from "./story.ts";
import { smallTalk } from "./talk.ts";
import { exchange, writePuzzle } from "./task.ts";

/** Shares of the kinds, and of the knobs within tasks. */
export interface Mixture {
  readonly copy: number;
  readonly story: number;
  readonly talk: number;
  /** Share of tasks with 1, 2 and 3 hops. */
  readonly hops: readonly [number, number, number];
  /** The largest redundancy; half of the tasks have none. */
  readonly redundancy: number;
  /** What tasks are picked from; the hard ones stand in it several times. */
  readonly families: readonly TaskFamily[];
  /** Share of questions that ask for the steps as well. */
  readonly explain: number;
  /** Share of tasks with fewer chains of facts than usual. */
  readonly fewer: number;
}

const stressed: readonly TaskFamily[] = [...families, "rule", "rule", "compare"];

/** Returns the mixture at a point of the training: 0 is its start, 1 its end. */
export function mixtureAt(progress: number): Mixture {
  const hard = { families: stressed, copy: 0.01, story: 0.1, talk: 0.03, explain: 0.25, fewer: 0.1 };
  const easy = { families, copy: 0.04, story: 0.06, talk: 0.02, explain: 0.3, fewer: 0.3 };
  if (progress < 0.05) return { ...easy, copy: 0.12, hops: [1, 0, 0], redundancy: 0.2 };
  if (progress < 0.15) return { ...easy, hops: [0.4, 0.6, 0], redundancy: 0.2 };
  if (progress < 0.3) return { ...hard, hops: [0.3, 0.35, 0.35], redundancy: 0.5 };
  if (progress < 0.41) return { ...hard, hops: [0.3, 0.35, 0.35], redundancy: 0.8 };
  const lagging = [...stressed, "compare"] as const;
  if (progress < 0.84) return { ...hard, families: lagging, hops: [0.25, 0.35, 0.4], redundancy: 0.8 };
  const last = { ...hard, hops: [0.35, 0.35, 0.3], redundancy: 0.6 } as const;
  if (progress < 0.95) return { ...last, families: [...lagging, "rule", "rule", "rule"] };
  return { ...last, families: [...families, "compare", "compare", "compare", "compare"], explain: 0.4, talk: 0.06 };
}

/**
 * What an elastic model is trained on once it is trained: all tasks, with filler as with few facts, as compressed prompts have
 * them, and more explanations, which let a small part of the model go one hop at a time.
 */
export const elasticMixture: Mixture = {
  families: [...stressed, "compare", "compare"],
  copy: 0.01,
  story: 0.08,
  talk: 0.04,
  hops: [0.35, 0.35, 0.3],
  redundancy: 0.8,
  explain: 0.3,
  fewer: 0.3,
};

/** Writes one conversation of the mixture; often one of several exchanges. */
export function conversation(random: Random, split: Split, mixture: Mixture): Conversation {
  const roll = random.unit();
  if (roll < mixture.copy) {
    return { kind: "copy", messages: copyExercise(random, split) };
  }
  if (roll < mixture.copy + mixture.story) {
    const { prompt, text } = writeStory({ random, split, coined: 0.1 });
    if (random.chance(0.1)) return { kind: "raw", messages: [text] };
    const before = random.chance(0.1) ? smallTalk(random, split) : undefined;
    return { kind: "story", messages: [...before ? [before.prompt, before.answer] : [], prompt, text] };
  }
  if (roll < mixture.copy + mixture.story + mixture.talk) {
    const { prompt, answer } = smallTalk(random, split);
    const after = random.chance(0.2) ? smallTalk(random, split) : undefined;
    return { kind: "talk", messages: [prompt, answer, ...after ? [after.prompt, after.answer] : []] };
  }
  const family = random.pick(mixture.families);
  const hops = 1 + choose(random, mixture.hops);
  const redundancy = random.chance(0.5) ? 0 : random.unit() * mixture.redundancy;
  const chains = random.chance(mixture.fewer) ? fewerChains(family, hops) : undefined;
  const puzzle = writePuzzle(family, { random, split, hops, redundancy, ...chains === undefined ? {} : { chains } });
  // Several questions to one text: more look-ups are learned from the same number of tokens.
  const asked = random.shuffle(puzzle.questions).slice(0, 1 + random.below(4));
  const unsaid = new Map([[0, puzzle.unsaid ?? []]]);
  const met = new Map<number, readonly Met[]>();
  const messages = asked.flatMap((one, i) => {
    const { question, answer, ...rest } = exchange(one, { random, split, explain: random.chance(mixture.explain) });
    const before = i === 0 ? puzzle.text + puzzle.glue : "";
    unsaid.set(2 * i + 1, rest.unsaid);
    met.set(2 * i, rest.met.map(({ at, known }) => ({ at: before.length + at, known })));
    return [before + question, answer];
  });
  return {
    kind: "task",
    messages,
    unsaid,
    met,
    ...puzzle.derivable === undefined ? {} : { derivable: puzzle.derivable },
  };
}

function fewerChains(family: TaskFamily, hops: number): number | undefined {
  if (family === "compare") return hops + 1;
  return family === "rule" ? undefined : 2;
}

function choose(random: Random, shares: readonly number[]): number {
  let roll = random.unit();
  for (let i = 0; i < shares.length; i++) {
    roll -= shares[i] ?? 0;
    if (roll < 0) return i;
  }
  return 0;
}
