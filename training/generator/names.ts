/**
 * Coined names and what is held out. A name is two syllables that occur in many other names, so that a name never seen in
 * training is still made of tokens that were: answering with it takes copying, and memorising does not pass.
 */
import { hashText, type Random } from "./random.ts";
import { adjectives, things } from "./words.ts";

/** Which side of the wall between training and validation a text is on. */
export type Split = "train" | "heldout";

const consonants = [..."bdfgklmnprstvz"];
const vowels = [..."aeiou"];

const coinedForm = new RegExp(`^(?:[${consonants.join("")}][${vowels.join("")}]){2}$`);

/** All syllables, lower case. */
export const syllables: readonly string[] = consonants.flatMap((consonant) => vowels.map((vowel) => consonant + vowel));

/** Words of tasks and stories that look like coined names; they are never coined. */
const ordinary: ReadonlySet<string> = new Set([
  ..."base dare done fine five game gave give gone kite late like line live made make male mine more move".split(" "),
  ..."name none note page rope rule safe same save side size some take time".split(" "),
]);

/** Whether a word is a coined name, in any case. */
export function isCoined(word: string): boolean {
  const lower = word.toLowerCase();
  return coinedForm.test(lower) && !ordinary.has(lower);
}

/** Returns which side a text is on: one in eight is held out. */
export function splitOf(text: string): Split {
  return hashText(text) % 8 === 0 ? "heldout" : "train";
}

/** Returns `count` lower-case names of the side; no two share a syllable at the same place. */
export function coinNames(random: Random, split: Split, count: number): string[] {
  const firsts = random.shuffle(syllables);
  const names: string[] = [];
  const seconds = new Set<string>();
  for (const first of firsts) {
    if (names.length === count) break;
    for (let tries = 0; tries < 40; tries++) {
      const second = random.pick(syllables);
      const name = first + second;
      if (seconds.has(second) || second === first || !isCoined(name) || splitOf(`name ${name}`) !== split) continue;
      seconds.add(second);
      names.push(name);
      break;
    }
  }
  if (names.length < count) throw new RangeError(`Cannot coin ${count} names without a common syllable`);
  return names;
}

/** Returns `count` names of people: capitalised. */
export function coinPeople(random: Random, split: Split, count: number): string[] {
  return coinNames(random, split, count).map((name) => name.charAt(0).toUpperCase() + name.slice(1));
}

/** Returns `count` objects, each "adjective thing"; no two share a word. */
export function pickObjects(random: Random, split: Split, count: number): string[] {
  const objects: string[] = [];
  const nouns = random.shuffle(things);
  const used = new Set<string>();
  for (const noun of nouns) {
    if (objects.length === count) break;
    for (let tries = 0; tries < 60; tries++) {
      const adjective = random.pick(adjectives);
      const object = `${adjective} ${noun}`;
      if (used.has(adjective) || splitOf(`object ${object}`) !== split) continue;
      used.add(adjective);
      objects.push(object);
      break;
    }
  }
  if (objects.length < count) throw new RangeError(`Cannot pick ${count} objects without a common word`);
  return objects;
}
