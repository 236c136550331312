/**
 * Two-way comparison. People stand in a row; the two that are asked about are `hops` places apart. One pair in three is
 * inside the row: there it does not help to look who is ever less, or never.
 */
import { fillerSentence, weave } from "./filler.ts";
import { coinPeople } from "./names.ts";
import type { Puzzle, TaskOptions } from "./sample.ts";
import { word, type Wordings, wordQuestion } from "./wording.ts";
import { comparatives } from "./words.ts";

const openings: Wordings = {
  train: [
    "Read this.",
    "Compare them.",
    "Here is what we know.",
    "Think about these people.",
    "Listen.",
    "There are some people.",
    "Look at these people.",
    "This is what we know.",
  ],
  heldout: ["Please read this.", "Here are some people.", "Compare these people."],
};
const whos: Wordings = {
  train: [
    "Who is {0}, {1} or {2}?",
    "Of {1} and {2}, who is {0}?",
    "Compare {1} and {2}: who is {0}?",
    "Is {1} or {2} {0}?",
    "{1} or {2}: who is {0}?",
    "Look at {1} and {2}. Who of them is {0}?",
    "Which of them is {0}, {1} or {2}?",
    "Tell me who is {0}, {1} or {2}.",
    "Do you know who is {0}: {1} or {2}?",
    "Who do you think is {0}, {1} or {2}?",
    "There are {1} and {2}. Find who is {0}.",
    "Is it {1} or {2} who is {0}?",
  ],
  heldout: ["Think of {1} and {2}. Who is {0}?", "Say who is {0}, {1} or {2}.", "Which one is {0}: {1} or {2}?"],
};

export function comparePuzzle({ random, split, hops, redundancy, chains = hops + 3 }: TaskOptions): Puzzle {
  const people = coinPeople(random, split, chains);
  const more = random.pick(comparatives);
  const facts = people.slice(1).map((person, i) => `${people[i]} is ${more} than ${person}.`);
  const questions = people.slice(hops).map((lower, i) => {
    const upper = people[i] ?? "";
    const [one = "", other = ""] = random.shuffle([upper, lower]);
    const way = people.slice(i, i + hops).map((person, at) => `${person} is ${more} than ${people[i + at + 1]}`);
    const question = wordQuestion(random, split, whos, more, one, other);
    // Behind each of the two: who is directly above, where anybody is.
    const met = [one, other].map((person) => ({
      at: question.indexOf(person) + person.length,
      known: people[Math.max(0, people.indexOf(person) - 1)] ?? person,
    }));
    return {
      question,
      met,
      answer: `It is ${upper}.`,
      explanation: `So ${way.join(", ")}.`,
    };
  });
  const body = weave(random, random.shuffle(facts), redundancy, () => fillerSentence(random, split, { people }));
  return {
    family: "compare",
    hops,
    redundancy,
    text: `${word(random, split, openings)} ${body}`,
    glue: " ",
    questions,
    chance: 1 / 2,
  };
}
