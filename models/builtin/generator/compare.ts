/** Two-way comparison. People stand in a row; the two that are asked about are `hops` places apart, and never the ends alone. */
import { fillerSentence, weave } from "./filler.ts";
import { coinPeople } from "./names.ts";
import type { Puzzle, TaskOptions } from "./sample.ts";
import { comparatives } from "./words.ts";

const openings = ["Read this.", "Compare them.", "Here is what we know.", "Think about these people."];

export function comparePuzzle({ random, split, hops, redundancy, chains = hops + 2 }: TaskOptions): Puzzle {
  const people = coinPeople(random, split, chains);
  const more = random.pick(comparatives);
  const facts = people.slice(1).map((person, i) => `${people[i]} is ${more} than ${person}.`);
  const questions = people.slice(hops).map((lower, i) => {
    const upper = people[i];
    const pair = random.shuffle([upper, lower]);
    const question = random.pick([
      `Who is ${more}, ${pair[0]} or ${pair[1]}?`,
      `Now tell me who is ${more}, ${pair[0]} or ${pair[1]}?`,
      `Of ${pair[0]} and ${pair[1]}, who is ${more}?`,
    ]);
    return { question, answer: `It is ${upper}.` };
  });
  const body = weave(random, random.shuffle(facts), redundancy, () => fillerSentence(random, split, { people }));
  return {
    family: "compare",
    hops,
    redundancy,
    text: `${random.pick(openings)} ${body}`,
    glue: " ",
    questions,
    chance: 1 / 2,
  };
}
