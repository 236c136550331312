/** Fact look-up: where somebody or something is. A thing is with a person, or under a thing that is with a person. */
import { fillerSentence, weave } from "./filler.ts";
import { coinPeople, pickObjects } from "./names.ts";
import { type Puzzle, type TaskOptions, unsaidBefore } from "./sample.ts";
import { fill, word, type Wordings, wordQuestion } from "./wording.ts";
import { places } from "./words.ts";

const openings: Wordings = {
  train: [
    "Read this.",
    "Here is what we know.",
    "Listen.",
    "Please read these facts.",
    "Some news:",
    "The facts are:",
    "This is what we know.",
    "Here are some facts.",
    "Think about this.",
    "Now listen well.",
  ],
  heldout: ["Please listen.", "These are the facts.", "Here is some news."],
};
/** Facts are worded alike on both sides, in all families: a model this small does not look up what it has no verb for. */
const stays = [
  "{0} is in the {1}.",
  "{0} sits in the {1}.",
  "{0} waits in the {1}.",
  "{0} went to the {1}.",
  "{0} hides in the {1}.",
  "{0} came to the {1}.",
  "{0} stays in the {1}.",
  "{0} ran to the {1}.",
];
const wheres: Wordings = {
  train: [
    "Where is {0}?",
    "Where is {0} now?",
    "Can you say where {0} is?",
    "Do you know where {0} is?",
    "Say where {0} is.",
    "I look for {0}.",
    "In which place is {0}?",
    "Tell me where {0} is.",
    "Where can I find {0}?",
    "Please find {0}.",
    "Has anybody seen {0}?",
    "What place is {0} in?",
    "{0}: where is it?",
    "I want to find {0}.",
    "To which place must I go for {0}?",
  ],
  heldout: [
    "Can you tell me where {0} is?",
    "Please say where {0} is.",
    "Where do I find {0}?",
    "Do you know in which place {0} is?",
  ],
};

export function lookupPuzzle({ random, split, hops, redundancy, chains = hops === 1 ? 4 : 3 }: TaskOptions): Puzzle {
  const people = coinPeople(random, split, chains);
  const rooms = random.shuffle(places).slice(0, chains);
  const objects = pickObjects(random, split, 2 * chains);
  const facts: string[] = [];
  const questions = people.map((person, i) => {
    const room = rooms[i] ?? "";
    const [thing, holder] = [`the ${objects[i]}`, `the ${objects[hops === 3 ? chains + i : i]}`];
    facts.push(fill(random.pick(stays), person, room));
    if (hops > 1) facts.push(`The ${holder.slice(4)} is with ${person}.`);
    if (hops === 3) facts.push(`The ${thing.slice(4)} is under ${holder}.`);
    const subject = hops === 1 ? person : thing;
    const way = [
      ...hops === 3 ? [`${thing} is under ${holder}`] : [],
      ...hops > 1 ? [`${holder} is with ${person}`] : [],
      `${person} is in the ${room}`,
    ];
    const answer = `So ${subject} is in the ${room}.`;
    const through = [...hops === 3 ? [holder] : [], ...hops > 1 ? [person] : []];
    return {
      question: wordQuestion(random, split, wheres, subject),
      answer,
      unsaid: [unsaidBefore(answer, room, through)],
      explanation: `So ${way.join(", ")}.`,
    };
  });
  const cast = { people, places: rooms, objects };
  const body = weave(random, random.shuffle(facts), redundancy, () => fillerSentence(random, split, cast));
  return {
    family: "lookup",
    hops,
    redundancy,
    text: `${word(random, split, openings)} ${body}`,
    glue: " ",
    questions,
    chance: 1 / chains,
  };
}
