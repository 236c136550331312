/** Copying: the skill that look-up is built on. Part of the training alone. */
import { fillerSentence } from "./filler.ts";
import { coinNames, coinPeople, pickObjects, type Split } from "./names.ts";
import type { Random } from "./random.ts";
import { places } from "./words.ts";

/** Asks to repeat names, things, places or sentences, or, several times, what came after one of them. */
export function copyExercise(random: Random, split: Split): string[] {
  if (random.chance(0.2)) {
    const sentences = Array.from({ length: 1 + random.below(3) }, () => fillerSentence(random, split, {})).join(" ");
    return [`Say this again: ${sentences}`, `You said: ${sentences}`];
  }
  const count = 3 + random.below(8);
  const roll = random.unit();
  const words = roll < 0.3
    ? coinPeople(random, split, count)
    : roll < 0.5
    ? pickObjects(random, split, count)
    : roll < 0.8
    ? coinNames(random, split, count)
    : random.shuffle(places).slice(0, count);
  const row = words.join(", ");
  if (random.chance(0.5)) return [`Please repeat: ${row}.`, `You said ${row}.`];
  const turns = random.shuffle(words.slice(1).map((word, i) => [words[i], word])).slice(0, 6);
  return turns.flatMap(([before, after], i) => [
    `${i === 0 ? `In the row ${row}, what` : "What"} comes after ${before}?`,
    `After ${before} comes ${after}.`,
  ]);
}
