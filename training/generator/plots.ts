/** All plots, and how stories begin and end. Slots are explained in `plot.ts`. */
import type { Plot } from "./plot.ts";
import { courage, journey, storm, strangeSound } from "./plots-of-adventure.ts";
import { broken, contest, gift, lostAndFound, sharing } from "./plots-of-friendship.ts";

/** How a story begins; {ah} is "a brave fox", {called} " called Kelo" or nothing. */
export const openings: readonly string[] = [
  "Once upon a time there was {ah}{called} who lived near the {p}.",
  "Once there was {ah}{called} who lived by the {p}.",
  "Long ago, {ah}{called} lived in a small house near the {p}.",
  "In a little house by the {p} lived {ah}{called}.",
  "There once was {ah}{called}, and {his} home was close to the {p}.",
  "One fine day {ah}{called} woke up early and walked to the {p}.",
];

/** How a story ends. */
export const endings: readonly string[] = [
  "From that day on, {h} and {f} were the best of friends.",
  "And {N} never forgot that day.",
  "That night {N} slept well and dreamed of the {o}.",
  "And they all lived happily in the {p}.",
  "So {N} learned that a good friend is worth more than any {t}.",
  "And whenever {N} saw the {t}, {he} smiled.",
];

/** In a fixed order: the order decides what a seed gives. */
export const plots: readonly Plot[] = [
  lostAndFound,
  gift,
  strangeSound,
  storm,
  contest,
  broken,
  courage,
  sharing,
  journey,
];
