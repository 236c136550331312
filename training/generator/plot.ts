/**
 * The steps of a story. Slots: {N} the hero (by name or kind), {h} "the fox", {o} "silver key", {a o} "a silver key", {t}
 * "key", {a t} "a key", {p} "forest", {f} "the owl", {F} "The owl", {af} "an owl", {he} {He} {his} {His} {him} the hero's
 * pronouns, {his2} {him2} the friend's.
 */

/** One sentence of several; an optional one may be left out of a story that is to be short. */
export interface Step {
  readonly optional?: true;
  readonly texts: readonly string[];
}

/** A step that is always there. */
export function step(...texts: string[]): Step {
  return { texts };
}

/** A step that may be left out. */
export function optional(...texts: string[]): Step {
  return { optional: true, texts };
}

/** From the first step after the opening to the last before the ending. */
export type Plot = readonly Step[];
