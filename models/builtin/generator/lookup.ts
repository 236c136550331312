/** Fact look-up: where somebody or something is. A thing is with a person, or in a thing that is with a person. */
import { fillerSentence, weave } from "./filler.ts";
import { coinPeople, pickObjects } from "./names.ts";
import type { Puzzle, TaskOptions } from "./sample.ts";
import { places } from "./words.ts";

const openings = ["Read this.", "Here is what we know.", "Listen.", "Please read these facts.", "Some news:"];
const stays = ["is in", "sits in", "waits in", "went to"];

export function lookupPuzzle({ random, split, hops, redundancy, chains = hops === 1 ? 4 : 3 }: TaskOptions): Puzzle {
  const people = coinPeople(random, split, chains);
  const rooms = random.shuffle(places).slice(0, chains);
  const objects = pickObjects(random, split, 2 * chains);
  const facts: string[] = [];
  for (let i = 0; i < chains; i++) {
    facts.push(`${people[i]} ${random.pick(stays)} the ${rooms[i]}.`);
    if (hops === 2) facts.push(`The ${objects[i]} is with ${people[i]}.`);
    if (hops === 3) {
      facts.push(`The ${objects[chains + i]} is with ${people[i]}.`);
      facts.push(`The ${objects[i]} is under the ${objects[chains + i]}.`);
    }
  }
  const questions = people.map((person, i) => {
    const subject = hops === 1 ? person : `the ${objects[i]}`;
    const way = [
      ...hops === 3 ? [`the ${objects[i]} is under the ${objects[chains + i]}`] : [],
      ...hops === 1 ? [] : [`the ${objects[hops === 3 ? chains + i : i]} is with ${person}`],
      `${person} is in the ${rooms[i]}`,
    ];
    const question = random.pick([
      `Where is ${subject}?`,
      `Now tell me: where is ${subject}?`,
      `Can you say where ${subject} is?`,
    ]);
    return { question, answer: `So ${way.join(", ")}.` };
  });
  const cast = { people, places: rooms, objects };
  const body = weave(random, random.shuffle(facts), redundancy, () => fillerSentence(random, split, cast));
  return {
    family: "lookup",
    hops,
    redundancy,
    text: `${random.pick(openings)} ${body}`,
    glue: " ",
    questions,
    chance: 1 / chains,
  };
}
