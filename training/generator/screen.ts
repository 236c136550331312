/** Choosing an element of a screen, given as a flat tree: each line an element, its parent's id where it has one, its id. */
import { weave } from "./filler.ts";
import { splitOf } from "./names.ts";
import type { Random } from "./random.ts";
import { type Puzzle, type TaskOptions, unsaidBefore } from "./sample.ts";
import { word, type Wordings, wordQuestion } from "./wording.ts";
import { labels, things } from "./words.ts";

const openings: Wordings = {
  train: [
    "This is the screen:",
    "You see this screen:",
    "The page has these parts:",
    "Look at the screen:",
    "Here is the page:",
    "These are the parts:",
    "Now the screen has this:",
    "Look here:",
  ],
  heldout: ["Here is the screen:", "Look at this page:", "You see these parts:"],
};
const presses: Wordings = {
  train: [
    "Press {0}.",
    "Please press {0}.",
    "What is {0}?",
    "I want to press {0}.",
    "How do I press {0}?",
    "Find {0}.",
    "Where is {0}?",
    "Do you see {0}?",
    "I need {0}.",
    "Tell me where {0} is.",
    "Now press {0} for me.",
    "Can you find {0}?",
    "What must I press for {0}?",
  ],
  heldout: ["Please find {0}.", "I look for {0}.", "Can you press {0}?"],
};
const letters = [..."abcdefghkmnprstvwxyz"];
const decorations = ["a line", "a picture", "an empty space", "a small icon", "an advert", "a border"];

export function screenPuzzle({ random, split, hops, redundancy, chains = hops === 1 ? 4 : 3 }: TaskOptions): Puzzle {
  const initials = random.shuffle(letters);
  const id = () => `${initials.pop() ?? random.pick(letters)}${1 + random.below(9)}`;
  const kinds = ["button", "panel", "window"];
  const kind = kinds[hops - 1] ?? "button";
  const named = pickLabels(random, split, kind, chains);
  const lines: string[] = [];
  const questions = named.map((label) => {
    let parent = id();
    const way = [`${label} ${kind} is ${parent}`];
    const through: string[] = [];
    lines.push(`- the ${label} ${kind}: ${parent}`);
    for (let depth = hops - 2; depth >= 0; depth--) {
      const child = id();
      // Its letter tells an id from all others.
      through.push(parent.charAt(0));
      way.push(`the ${kinds[depth]} in ${parent} is ${child}`);
      lines.push(`- ${kinds[depth]} in ${parent}: ${child}`);
      parent = child;
    }
    const target = hops === 1
      ? `the ${label} button`
      : hops === 2
      ? `the button in the ${label} panel`
      : `the button in the panel in the ${label} window`;
    const answer = `For ${target} press ${parent}.`;
    return {
      question: wordQuestion(random, split, presses, target),
      answer,
      unsaid: [unsaidBefore(answer, parent, through)],
      explanation: `The ${way.join(", ")}.`,
    };
  });
  const decoration = () =>
    `- ${random.chance(0.5) ? random.pick(decorations) : `a picture of a ${random.pick(things)}`}: ${id()}`;
  const body = weave(random, random.shuffle(lines), redundancy, decoration, "\n");
  return {
    family: "screen",
    hops,
    redundancy,
    text: `${word(random, split, openings)}\n${body}`,
    glue: "\n",
    questions,
    chance: 1 / chains,
  };
}

/** Labels of elements, without a common word: "blue save", "old mail". */
function pickLabels(random: Random, split: TaskOptions["split"], kind: string, count: number): string[] {
  const colors = random.shuffle(["red", "blue", "green", "white", "black", "yellow", "left", "right", "top", "low"]);
  const picked: string[] = [];
  for (const label of random.shuffle(labels)) {
    if (picked.length === count) break;
    const color = colors.find((one) => splitOf(`label ${one} ${label} ${kind}`) === split);
    if (color === undefined) continue;
    colors.splice(colors.indexOf(color), 1);
    picked.push(`${color} ${label}`);
  }
  return picked;
}
