/** Choosing an element of a screen, given as a flat tree: each line an element, its parent's id where it has one, its id. */
import { weave } from "./filler.ts";
import { splitOf } from "./names.ts";
import type { Random } from "./random.ts";
import type { Puzzle, TaskOptions } from "./sample.ts";
import { labels, things } from "./words.ts";

const openings = ["This is the screen:", "You see this screen:", "The page has these parts:", "Look at the screen:"];
const letters = [..."abcdefghkmnprstvwxyz"];
const decorations = ["a line", "a picture", "an empty space", "a small icon", "an advert", "a border"];

export function screenPuzzle({ random, split, hops, redundancy, chains = hops === 1 ? 4 : 3 }: TaskOptions): Puzzle {
  const initials = random.shuffle(letters);
  const id = () => `${initials.pop() ?? random.pick(letters)}${1 + random.below(9)}`;
  const kinds = ["button", "panel", "window"];
  const kind = kinds[hops - 1] ?? "button";
  const named = pickLabels(random, split, kind, chains);
  const lines: string[] = [];
  const answers: string[] = [];
  const ways: string[] = [];
  for (const label of named) {
    let parent = id();
    const way = [`${label} ${kind} is ${parent}`];
    lines.push(`- the ${label} ${kind}: ${parent}`);
    for (let depth = hops - 2; depth >= 0; depth--) {
      const child = id();
      way.push(`the ${kinds[depth]} in ${parent} is ${child}`);
      lines.push(`- ${kinds[depth]} in ${parent}: ${child}`);
      parent = child;
    }
    answers.push(parent);
    ways.push(way.join(", "));
  }
  const questions = named.map((label, i) => {
    const target = hops === 1
      ? `the ${label} button`
      : hops === 2
      ? `the button in the ${label} panel`
      : `the button in the panel in the ${label} window`;
    const question = random.pick([`Press ${target}.`, `Please press ${target}.`, `What is ${target}?`]);
    return { question, answer: hops === 1 ? `For ${target} press ${answers[i]}.` : `The ${ways[i]}.` };
  });
  const decoration = () =>
    `- ${random.chance(0.5) ? random.pick(decorations) : `a picture of a ${random.pick(things)}`}: ${id()}`;
  const body = weave(random, random.shuffle(lines), redundancy, decoration, "\n");
  return {
    family: "screen",
    hops,
    redundancy,
    text: `${random.pick(openings)}\n${body}`,
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
