/** Sentences that say nothing to the question: some plain, some that name people and things of the task. */
import { coinPeople, pickObjects, type Split } from "./names.ts";
import type { Random } from "./random.ts";
import { word, type Wordings } from "./wording.ts";
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
const moods = ["quiet", "warm", "cold", "dark", "late"];

/** {0} a person, {1} a place, {2} an object, {3} the weather, {4} a time, {5} something done, {6} a mood. */
const sentences: Wordings = {
  train: [
    "The {3} came and went {4}.",
    "The {3} was all over the town {4}.",
    "It was {6} {4}.",
    "Nobody was there {4}, and it was {6}.",
    "By the way, {0} {5} {4}.",
    "They say that {0} {5}.",
    "By the way, {0} once dreamed of the {1}.",
    "A friend of {0} has seen the {1}.",
    "There is a song about the {2}.",
    "There is a picture of the {1} and the {2}.",
    "People often talk about the {1} {4}.",
    "By the way, {0} never thinks about the {2}.",
  ],
  heldout: [
    "There was some {3} {4}.",
    "{4} it was {6}.",
    "They say that {0} never {5}.",
    "By the way, there is a song about {0} and the {1}.",
    "A friend often thinks about the {2}.",
    "{0} once had a picture of the {1}.",
  ],
};

/** Writes one sentence of filler. */
export function fillerSentence(random: Random, split: Split, cast: Cast): string {
  const person = random.chance(0.5) && cast.people?.length
    ? random.pick(cast.people)
    : coinPeople(random, split, 1)[0] ?? "";
  const place = random.chance(0.5) && cast.places?.length ? random.pick(cast.places) : random.pick(places);
  const object = random.chance(0.5) && cast.objects?.length
    ? random.pick(cast.objects)
    : pickObjects(random, split, 1)[0] ?? "";
  const [sky, time, doing, mood] = [weather, times, doings, moods].map((list) => random.pick(list));
  const sentence = word(
    random,
    split,
    sentences,
    person,
    place,
    object,
    sky ?? "",
    time ?? "",
    doing ?? "",
    mood ?? "",
  );
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
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
