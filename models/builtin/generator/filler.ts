/** Sentences that say nothing to the question: some plain, some that name people and things of the task. */
import { coinPeople, pickObjects, type Split } from "./names.ts";
import type { Random } from "./random.ts";
import { places } from "./words.ts";

/** Names of the task that filler may mention in ways that do not matter. */
export interface Cast {
  readonly people?: readonly string[];
  readonly places?: readonly string[];
  readonly objects?: readonly string[];
}

const weather = ["rain", "wind", "snow", "fog", "sun", "storm"];
const times = ["this morning", "last night", "all day", "for a while", "before lunch", "in the evening"];
const doings = ["likes to sing", "slept well", "told a joke", "was hungry", "had a dream", "drank some tea"];

/** Writes one sentence of filler. */
export function fillerSentence(random: Random, split: Split, cast: Cast): string {
  const roll = random.unit();
  const person = random.chance(0.5) && cast.people?.length
    ? random.pick(cast.people)
    : coinPeople(random, split, 1)[0] ?? "";
  const place = random.chance(0.5) && cast.places?.length ? random.pick(cast.places) : random.pick(places);
  const object = random.chance(0.5) && cast.objects?.length
    ? random.pick(cast.objects)
    : pickObjects(random, split, 1)[0] ?? "";
  if (roll < 0.2) return `The ${random.pick(weather)} came and went ${random.pick(times)}.`;
  if (roll < 0.35) return `It was ${random.pick(["quiet", "warm", "cold", "dark", "late"])} ${random.pick(times)}.`;
  if (roll < 0.5) return `By the way, ${person} ${random.pick(doings)} ${random.pick(times)}.`;
  if (roll < 0.65) return `By the way, ${person} once dreamed of the ${place}.`;
  if (roll < 0.8) return `There is a song about the ${object}.`;
  if (roll < 0.9) return `People often talk about the ${place} ${random.pick(times)}.`;
  return `By the way, ${person} never thinks about the ${object}.`;
}

/** Words of filler at most: the context has 512 tokens. */
const mostFiller = 260;

/**
 * Puts filler between the facts, keeping their order, until it makes `redundancy` of the words. `write` makes one piece.
 * `glue` stands between pieces.
 */
export function weave(
  random: Random,
  facts: readonly string[],
  redundancy: number,
  write: () => string,
  glue = " ",
): string {
  const words = (text: string) => text.split(/\s+/).length;
  const factWords = facts.reduce((sum, fact) => sum + words(fact), 0);
  const needed = Math.min(mostFiller, factWords * (redundancy / (1 - redundancy)));
  const gaps: string[][] = Array.from({ length: facts.length + 1 }, () => []);
  for (let written = 0; written < needed;) {
    const piece = write();
    if (written + words(piece) / 2 > needed) break;
    gaps[random.below(gaps.length)]?.push(piece);
    written += words(piece);
  }
  return gaps.flatMap((gap, i) => [...gap, ...facts.slice(i, i + 1)]).join(glue);
}
