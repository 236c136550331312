/** Stories: a request in chat form and a short story about what was asked for. */
import { coinPeople, type Split, splitOf } from "./names.ts";
import { endings, openings, plots } from "./plots.ts";
import type { Random } from "./random.ts";
import { coinNames } from "./names.ts";
import { word, type Wordings } from "./wording.ts";
import { adjectives, animals, places, things } from "./words.ts";

export interface Story {
  readonly prompt: string;
  readonly text: string;
  /** Words of the request that the story must mention. */
  readonly mentions: readonly string[];
}

export interface StoryOptions {
  readonly random: Random;
  readonly split: Split;
  /** Ask about words that no list holds: a share of the stories, so that the model learns to copy. Default 0. */
  readonly coined?: number;
}

const traits = [
  "little",
  "brave",
  "kind",
  "young",
  "clever",
  "shy",
  "curious",
  "merry",
  "careful",
  "old",
  "lazy",
  "small",
];
const asks: Wordings = {
  train: [
    "Tell me a story about {0}",
    "Tell me a story about {0}",
    "Please tell me a story about {0}",
    "Write a story about {0}",
    "Can you tell me a story about {0}",
    "I want to hear a story about {0}",
    "Make up a story about {0}",
    "A story about {0}",
    "Do you know a story about {0}",
    "Think of a story about {0}",
    "Now a story about {0}",
  ],
  heldout: ["Please write a story about {0}", "Can you make up a story about {0}", "I want a story about {0}"],
};
const shortAsks: Wordings = {
  train: [
    "Tell me a short story about {0}",
    "Write a very short story about {0}",
    "Please tell me a short story about {0}",
  ],
  heldout: ["Please write a short story about {0}", "Tell me a very short story about {0}"],
};
const longAsks: Wordings = {
  train: ["Tell me a long story about {0}", "Write a long story about {0}", "Tell me a very long story about {0}"],
  heldout: ["Please tell me a long story about {0}", "Write a very long story about {0}"],
};

/** Writes a story and the request for it. What is held out are pairs of a hero and a thing. */
export function writeStory(options: StoryOptions): Story {
  const { random, split } = options;
  const cast = castOf(options);
  const { about, mentions } = request(random, cast);
  const length = random.unit();
  const wordings = length < 0.25 ? shortAsks : length < 0.8 ? asks : longAsks;
  const prompt = word(random, split, wordings, about) + (random.chance(0.85) ? "." : "");
  const slots = slotsOf(random, cast);
  const keep = length < 0.25 ? 0 : length < 0.8 ? 0.6 : 1;
  const sentences = [random.pick(openings)];
  for (const step of random.pick(plots)) {
    if (step.optional !== true || random.chance(keep)) sentences.push(random.pick(step.texts));
  }
  sentences.push(random.pick(endings));
  const text = sentences.map((sentence) => capital(fill(sentence, slots))).join(" ");
  return { prompt, text, mentions };
}

/** Who and what a story is about. */
interface Cast {
  readonly hero: string;
  readonly thing: string;
  readonly place: string;
  readonly friend: string;
  /** What the hero is called. */
  readonly name: string | undefined;
  /** The thing, with its adjective if it has one. */
  readonly object: string;
}

// The order of draws decides which story a seed gives, here and below.
function castOf({ random, split, coined = 0 }: StoryOptions): Cast {
  let hero = "";
  let thing = "";
  do {
    hero = random.chance(coined) ? coinNames(random, split, 1)[0] ?? "" : random.pick(animals);
    thing = random.chance(coined) ? coinNames(random, split, 1)[0] ?? "" : random.pick(things);
  } while (splitOf(`story ${hero} ${thing}`) !== split);
  const place = random.pick(places);
  let friend = random.pick(animals);
  while (friend === hero) friend = random.pick(animals);
  const adjective = random.pick(adjectives);
  const name = random.chance(0.4) ? coinPeople(random, split, 1)[0] : undefined;
  const object = random.chance(0.6) ? `${adjective} ${thing}` : thing;
  return { hero, thing, place, friend, name, object };
}

/** What is asked for, and the words of it that the story must mention. */
function request(random: Random, { hero, thing, place, friend, name, object }: Cast) {
  const mentions = [hero];
  let about = article(hero);
  if (name !== undefined && random.chance(0.4)) {
    about += ` called ${name}`;
    mentions.push(name);
  }
  const kind = random.unit();
  if (kind < 0.8) {
    about += ` and ${article(object)}`;
    mentions.push(thing);
  } else if (kind < 0.92) {
    about += ` and ${article(friend)}`;
    mentions.push(friend);
  }
  if (random.chance(0.15)) {
    about += ` in the ${place}`;
    mentions.push(place);
  }
  return { about, mentions };
}

type Slots = Readonly<Record<string, () => string>>;

/** What may stand in the slots of a plot's sentences. */
function slotsOf(random: Random, { hero, thing, place, friend, name, object }: Cast): Slots {
  const pronouns = random.chance(0.5) ? male : female;
  const friendPronouns = random.chance(0.5) ? male : female;
  const trait = random.chance(0.7) ? `${random.pick(traits)} ${hero}` : hero;
  return {
    N: () => name !== undefined && random.chance(0.6) ? name : `the ${hero}`,
    h: () => `the ${hero}`,
    ah: () => article(trait),
    called: () => name === undefined ? "" : ` called ${name}`,
    o: () => object,
    "a o": () => article(object),
    t: () => thing,
    "a t": () => article(thing),
    p: () => place,
    f: () => `the ${friend}`,
    F: () => `The ${friend}`,
    af: () => article(friend),
    he: () => pronouns.he,
    He: () => capital(pronouns.he),
    his: () => pronouns.his,
    His: () => capital(pronouns.his),
    him: () => pronouns.him,
    his2: () => friendPronouns.his,
    him2: () => friendPronouns.him,
  };
}

const male = { he: "he", his: "his", him: "him" };
const female = { he: "she", his: "her", him: "her" };

function fill(sentence: string, slots: Slots): string {
  const text = sentence.replace(/\{([^}]+)\}/g, (_, slot: string) => {
    const write = slots[slot];
    if (write === undefined) throw new RangeError(`Cannot fill the slot {${slot}} in "${sentence}"; it is unknown`);
    return write();
  });
  // A slot at the start of a sentence inside quotes or after a full stop.
  return text.replace(/([.!?]"? )(the|she|he|her|his) /g, (_, end: string, word: string) => `${end}${capital(word)} `);
}

function article(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
