/** Four-way recall: which of four things somebody took; or took as somebody else did, who did as somebody else did. */
import { fillerSentence, weave } from "./filler.ts";
import { coinPeople, pickObjects } from "./names.ts";
import type { Puzzle, TaskOptions } from "./sample.ts";
import { takings } from "./words.ts";

const openings = ["Read this.", "Remember this well.", "Here is the story so far.", "Listen."];

export function recallPuzzle({ random, split, hops, redundancy, chains = 4 }: TaskOptions): Puzzle {
  const objects = pickObjects(random, split, chains);
  const [past, base] = random.pick(takings);
  // The first took the objects; of the others two a hop did as those before them.
  const people = coinPeople(random, split, chains + 2 * (hops - 1));
  const facts = objects.map((object, i) => `${people[i]} ${past} the ${object}.`);
  for (let hop = 1; hop < hops; hop++) {
    for (let i = 0; i < 2; i++) {
      const model = modelOf(people, chains, hop, i);
      facts.push(`${people[chains + 2 * (hop - 1) + i]} ${past} what ${model} ${past}.`);
    }
  }
  const asked = hops === 1 ? people : people.slice(-2);
  const questions = asked.map((who, i) => {
    const models = Array.from({ length: hops - 1 }, (_, hop) => modelOf(people, chains, hops - 1 - hop, i));
    const way = [
      ...models.map((model, hop) => `${[who, ...models][hop]} ${past} what ${model} ${past}`),
      `${models.at(-1) ?? who} ${past} the ${objects[i]}`,
    ];
    const options = random.shuffle(objects).map((object) => `the ${object}`);
    const choice = `${options.slice(0, -1).join(", ")} or ${options.at(-1)}`;
    const question = random.pick([`What did ${who} ${base}: ${choice}?`, `Which one did ${who} ${base}: ${choice}?`]);
    return { question, answer: `So ${way.join(", ")}.` };
  });
  const cast = { people, objects };
  const body = weave(random, random.shuffle(facts), redundancy, () => fillerSentence(random, split, cast));
  return {
    family: "recall",
    hops,
    redundancy,
    text: `${random.pick(openings)} ${body}`,
    glue: " ",
    questions,
    chance: 1 / chains,
  };
}

/** Whom the `i`-th person of a hop did like: somebody of the hop before. */
function modelOf(people: readonly string[], chains: number, hop: number, i: number): string | undefined {
  return hop === 1 ? people[i] : people[chains + 2 * (hop - 2) + i];
}
