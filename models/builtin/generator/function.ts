/** Choosing a function from descriptions. A function does the work, or starts the thing that does it, or what starts that. */
import { fillerSentence, weave } from "./filler.ts";
import { coinNames, pickObjects, splitOf } from "./names.ts";
import type { Puzzle, TaskOptions } from "./sample.ts";
import { plurals, verbs } from "./words.ts";

const openings = ["These are the functions.", "You have these functions.", "Here is the manual.", "Choose a function."];
const praises = ["", "", ", and it is quick", ", day and night", ", with care"];

export function functionPuzzle({ random, split, hops, redundancy, chains = hops === 1 ? 4 : 3 }: TaskOptions): Puzzle {
  const names = coinNames(random, split, chains);
  const objects = pickObjects(random, split, 2 * chains);
  const works: string[] = [];
  for (const noun of random.shuffle(plurals)) {
    if (works.length === chains) break;
    const fitting = verbs.filter((verb) => splitOf(`work ${verb} ${noun}`) === split);
    if (fitting.length > 0) works.push(`${random.pick(fitting)} ${noun}`);
  }
  const facts: string[] = [];
  for (let i = 0; i < chains; i++) {
    const first = objects[i];
    const second = objects[chains + i];
    if (hops === 1) facts.push(`To ${works[i]} use ${names[i]}${random.pick(praises)}.`);
    else facts.push(`To ${works[i]} take the ${first}${random.pick(praises)}.`);
    if (hops === 2) facts.push(`For the ${first} use ${names[i]}.`);
    if (hops === 3) facts.push(`For the ${first} take the ${second}.`, `For the ${second} use ${names[i]}.`);
  }
  const questions = works.map((work, i) => {
    const [first, second] = [`the ${objects[i]}`, `the ${objects[chains + i]}`];
    const way = hops === 1
      ? [`${work} use ${names[i]}`]
      : hops === 2
      ? [`${work} take ${first}`, `for ${first} use ${names[i]}`]
      : [`${work} take ${first}`, `for ${first} take ${second}`, `for ${second} use ${names[i]}`];
    const question = random.pick([
      `Which function can ${work}?`,
      `I want to ${work}. Which function is it?`,
      `What do I call to ${work}?`,
    ]);
    return { question, answer: `To ${way.join(", ")}.` };
  });
  const cast = { objects };
  const body = weave(random, random.shuffle(facts), redundancy, () => fillerSentence(random, split, cast));
  return {
    family: "function",
    hops,
    redundancy,
    text: `${random.pick(openings)} ${body}`,
    glue: " ",
    questions,
    chance: 1 / chains,
  };
}
