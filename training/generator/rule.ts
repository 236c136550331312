/**
 * Rule induction from five demonstrations, each of three words that give one. One hop: the word at one of the places a, b and c.
 * Two hops: its opposite, as the text says. Three hops: its opposite, and the word at another place. An explanation starts from
 * the last demonstration: what it gave, and where that stood.
 */
import { fillerSentence, weave } from "./filler.ts";
import { splitOf } from "./names.ts";
import type { Random } from "./random.ts";
import { type Puzzle, type Span, type TaskOptions, type Unsaid, unsaidBefore } from "./sample.ts";
import { word, type Wordings, wordQuestion } from "./wording.ts";
import { opposites } from "./words.ts";

/** Three words, each with its opposite. */
type Triple = readonly (readonly [string, string])[];

const pairs = opposites.flatMap(([a, b]) => [[a, b], [b, a]] as const);
const letters = ["a", "b", "c"];
const openings: Wordings = {
  train: [
    "Find the rule.",
    "Look at these examples.",
    "Each line follows one rule.",
    "Here is a game.",
    "There is a rule.",
    "Think about these lines.",
    "These lines follow a rule.",
    "Please find the rule.",
  ],
  heldout: ["Here is a rule.", "Look at this game.", "These are examples."],
};
const whats: Wordings = {
  train: [
    "What do the words {0} give?",
    "And what do {0} give?",
    "The words {0} give what?",
    "Take {0}. What do they give?",
    "Now the words {0}.",
    "Tell me what {0} give.",
    "What comes of {0}?",
    "Say what the words {0} give.",
    "Here are the words {0}. What do they give?",
    "Do the same for {0}.",
    "Think of {0}. What is it that they give?",
  ],
  heldout: ["Now what do {0} give?", "Take the words {0}.", "Please say what {0} give."],
};

export function rulePuzzle({ random, split, hops, redundancy, chains = 5 }: TaskOptions): Puzzle {
  const place = random.below(3);
  const rule: Rule = { hops, place, other: (place + 1 + random.below(2)) % 3 };
  // No word twice, nor its opposite: what a demonstration gives stands at one place only.
  const words = random.shuffle(opposites).map(([a, b]) => random.chance(0.5) ? [a, b] as const : [b, a] as const);
  const shown = Array.from({ length: chains }, (_, i) => words.slice(3 * i, 3 * i + 3));
  const demonstrations = shown.map((triple) => `The words ${show(triple)} give ${apply(rule, triple)}.`);
  const body = weave(random, demonstrations, redundancy, () => fillerSentence(random, split, {}));
  const questions = Array.from({ length: 4 }, () => {
    let asked = pickTriple(random);
    while (splitOf(`triple ${ask(asked)}`) !== split) asked = pickTriple(random);
    const answer = `They give ${apply(rule, asked)}.`;
    return {
      question: wordQuestion(random, split, whats, ask(asked)),
      answer,
      unsaid: unsaid(rule, answer, asked),
      explanation: explain(rule, asked, shown.at(-1) ?? []),
    };
  });
  const text = `${word(random, split, openings)}${hops === 1 ? "" : " Think of opposites."} ${body}`;
  return {
    family: "rule",
    hops,
    redundancy,
    text,
    derivable: derivable(text, demonstrations),
    // The first demonstration shows the rule.
    unsaid: shown.slice(1).flatMap((triple, i) => {
      const demonstration = demonstrations[i + 1] ?? "";
      const start = text.indexOf(demonstration);
      return unsaid(rule, demonstration, triple).map(({ at, through }) => ({ at: start + at, through }));
    }),
    glue: " ",
    questions,
    chance: hops === 3 ? 1 / 6 : 1 / 3,
  };
}

/** Which words three words give: the one at `place` or its opposite, and from three hops on the one at `other`. */
interface Rule {
  readonly hops: number;
  readonly place: number;
  readonly other: number;
}

function apply({ hops, place, other }: Rule, triple: Triple): string {
  const [one, opposite] = triple[place] ?? ["", ""];
  if (hops === 1) return one;
  return hops === 2 ? opposite : `${opposite} ${triple[other]?.[0]}`;
}

function show(triple: Triple): string {
  return triple.map(([one], i) => `${one} ${letters[i]}`).join(", ");
}

function ask(triple: Triple): string {
  return triple.map(([one], i) => `${letters[i]}: ${one}`).join(" ");
}

/** Why `triple` gives what it gives, from the last demonstration on. */
function explain(rule: Rule, triple: Triple, last: Triple): string {
  const { hops, place, other } = rule;
  const at = (index: number) => `${letters[index]}: ${triple[index]?.[0]}`;
  const [seen] = last[place] ?? ["", ""];
  if (hops === 1) return `They give ${seen}, that is ${seen} ${letters[place]}. So it is ${at(place)}.`;
  const found = `They give ${apply(rule, last)}, that is not ${seen} ${letters[place]}`;
  const turned = `So it is not ${at(place)}, but ${triple[place]?.[1]}`;
  if (hops === 2) return `${found}. ${turned}.`;
  return `${found} and ${last[other]?.[0]} ${letters[other]}. ${turned}, and ${at(other)}.`;
}

function unsaid({ hops, place, other }: Rule, answer: string, triple: Triple): Unsaid[] {
  // Which letter it is takes two look-ups by itself: the early layers are asked for nothing.
  const steps = (index: number) => [undefined, letters[index] ?? ""];
  const [one = "", opposite = ""] = triple[place] ?? [];
  const first = unsaidBefore(answer, hops === 1 ? one : opposite, steps(place));
  return hops < 3 ? [first] : [first, unsaidBefore(answer, triple[other]?.[0] ?? "", steps(other))];
}

/** What comes after "give", from the second demonstration on: the first shows the rule. */
function derivable(text: string, demonstrations: readonly string[]): Span[] {
  return demonstrations.slice(1).map((demonstration) => {
    const end = text.indexOf(demonstration) + demonstration.length - 1;
    const words = / give(.*)\.$/.exec(demonstration)?.[1] ?? "";
    return { start: end - words.length, end };
  });
}

/** Three words of three different pairs. */
function pickTriple(random: Random): Triple {
  for (;;) {
    const triple = [random.pick(pairs), random.pick(pairs), random.pick(pairs)];
    if (new Set(triple.flat()).size === 6) return triple;
  }
}
