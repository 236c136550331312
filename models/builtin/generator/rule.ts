/**
 * Rule induction from five demonstrations, each of three words that give one. One hop: the word at one of the places a, b and c.
 * Two hops: its opposite, as the text says. Three hops: its opposite, and the word at another place. The answer starts from the last
 * demonstration: what it gave, and where that stood.
 */
import { fillerSentence, weave } from "./filler.ts";
import { splitOf } from "./names.ts";
import type { Random } from "./random.ts";
import type { Puzzle, Span, TaskOptions } from "./sample.ts";
import { opposites } from "./words.ts";

/** Three words, each with its opposite. */
type Triple = readonly (readonly [string, string])[];

const pairs = opposites.flatMap(([a, b]) => [[a, b], [b, a]] as const);
const letters = ["a", "b", "c"];
const openings = ["Find the rule.", "Look at these examples.", "Each line follows one rule.", "Here is a game."];

export function rulePuzzle({ random, split, hops, redundancy, chains = 5 }: TaskOptions): Puzzle {
  const place = random.below(3);
  const other = (place + 1 + random.below(2)) % 3;
  const apply = (triple: Triple) => {
    const [word, opposite] = triple[place] ?? ["", ""];
    if (hops === 1) return word;
    return hops === 2 ? opposite : `${opposite} ${triple[other]?.[0]}`;
  };
  const show = (triple: Triple) => triple.map(([word], i) => `${word} ${letters[i]}`).join(", ");
  const ask = (triple: Triple) => triple.map(([word], i) => `${letters[i]}: ${word}`).join(" ");
  // No word twice, nor its opposite: what a demonstration gives stands at one place only.
  const words = random.shuffle(opposites).map(([a, b]) => random.chance(0.5) ? [a, b] as const : [b, a] as const);
  const shown = Array.from({ length: chains }, (_, i) => words.slice(3 * i, 3 * i + 3));
  const demonstrations = shown.map((triple) => `The words ${show(triple)} give ${apply(triple)}.`);
  const explain = (triple: Triple) => {
    const last = shown.at(-1) ?? [];
    const at = (index: number) => `${letters[index]}: ${triple[index]?.[0]}`;
    const [seen] = last[place] ?? ["", ""];
    if (hops === 1) return `They give ${seen}, that is ${seen} ${letters[place]}. So it is ${at(place)}.`;
    const found = `They give ${apply(last)}, that is not ${seen} ${letters[place]}`;
    const turned = `So it is not ${at(place)}, but ${triple[place]?.[1]}`;
    if (hops === 2) return `${found}. ${turned}.`;
    return `${found} and ${last[other]?.[0]} ${letters[other]}. ${turned}, and ${at(other)}.`;
  };
  const body = weave(random, demonstrations, redundancy, () => fillerSentence(random, split, {}));
  const questions = Array.from({ length: 4 }, () => {
    let asked = pickTriple(random);
    while (splitOf(`triple ${ask(asked)}`) !== split) asked = pickTriple(random);
    return { question: `What do the words ${ask(asked)} give?`, answer: explain(asked) };
  });
  const text = `${random.pick(openings)}${hops === 1 ? "" : " Think of opposites."} ${body}`;
  return {
    family: "rule",
    hops,
    redundancy,
    text,
    derivable: derivable(text, demonstrations),
    glue: " ",
    questions,
    chance: hops === 3 ? 1 / 6 : 1 / 3,
  };
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
