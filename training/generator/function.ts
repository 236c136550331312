/** Choosing a function from descriptions. A function does the work, or starts the thing that does it, or what starts that. */
import { fillerSentence, weave } from "./filler.ts";
import { coinNames, pickObjects, splitOf } from "./names.ts";
import { type Puzzle, type TaskOptions, unsaidBefore } from "./sample.ts";
import { word, type Wordings, wordQuestion } from "./wording.ts";
import { plurals, verbs } from "./words.ts";

const openings: Wordings = {
  train: [
    "These are the functions.",
    "You have these functions.",
    "Here is the manual.",
    "Choose a function.",
    "Read the manual.",
    "The manual says this.",
    "There are some functions.",
    "This is what you can use.",
    "Look at the functions.",
  ],
  heldout: ["Here are the functions.", "This is the manual.", "Please read the manual."],
};
const praises: Wordings = {
  train: ["", "", "", ", and it is quick", ", day and night", ", with care"],
  heldout: ["", "", ", and it is safe", ", with joy"],
};
const whiches: Wordings = {
  train: [
    "Which function can {0}?",
    "I want to {0}. Which function is it?",
    "What do I call to {0}?",
    "How can I {0}?",
    "What is the function to {0}?",
    "Please {0}.",
    "Say how to {0}.",
    "I must {0}.",
    "To {0}, what do I use?",
    "Find the function to {0}.",
    "Can you {0}?",
    "Somebody wants to {0}.",
    "What must I call if I want to {0}?",
  ],
  heldout: ["Which function is it to {0}?", "How do I {0}?", "I want to {0}.", "Tell me how to {0}."],
};

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
  const questions = works.map((work, i) => {
    const [first, second] = [`the ${objects[i]}`, `the ${objects[chains + i]}`];
    const praise = word(random, split, praises);
    const way = hops === 1
      ? [`${work} use ${names[i]}`]
      : hops === 2
      ? [`${work} take ${first}`, `for ${first} use ${names[i]}`]
      : [`${work} take ${first}`, `for ${first} take ${second}`, `for ${second} use ${names[i]}`];
    facts.push(...way.map((step, at) => at === 0 ? `To ${step}${praise}.` : `F${step.slice(1)}.`));
    const name = names[i] ?? "";
    const answer = `To ${work} use ${name}.`;
    return {
      question: wordQuestion(random, split, whiches, work),
      answer,
      unsaid: [unsaidBefore(answer, name, [first, second].slice(0, hops - 1))],
      explanation: `To ${way.join(", ")}.`,
    };
  });
  const cast = { objects };
  const body = weave(random, random.shuffle(facts), redundancy, () => fillerSentence(random, split, cast));
  return {
    family: "function",
    hops,
    redundancy,
    text: `${word(random, split, openings)} ${body}`,
    glue: " ",
    questions,
    chance: 1 / chains,
  };
}
