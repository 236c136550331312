/** The words that tasks and stories are made of. */

const list = (text: string) => text.trim().split(/\s+/);

/** Adjectives of things; with `things` they make objects. */
export const adjectives: readonly string[] = list(`
  silver golden red blue green yellow white black old new tiny huge round square wooden broken lost magic heavy light
  shiny dusty soft hard warm cold wet dry sharp smooth striped painted`);

/** Things a person can hold. */
export const things: readonly string[] = list(`
  key hat lamp box book ring coin cup ball drum bell kite map rope boot coat scarf basket candle mirror whistle spoon
  bottle button feather stone shell flute clock letter blanket bucket ladder wheel jar bag brush pencil pot flag`);

/** Places a person can be in. */
export const places: readonly string[] = list(`
  kitchen garden cave tower barn forest library market school castle cellar attic harbour meadow station bakery mill
  park museum office stable tent workshop bridge valley orchard theatre cottage village church`);

/** Who a story can be about. */
export const animals: readonly string[] = list(`
  fox bear rabbit mouse owl duck goose frog turtle hedgehog squirrel wolf cat dog horse pig cow sheep goat crow swan deer
  badger beaver otter lion tiger elephant monkey giraffe penguin whale dragon robot girl boy wizard farmer sailor baker
  knight queen king painter gardener fish bee ant snail bird`);

/** Pairs of opposites, for rule induction. */
export const opposites: readonly (readonly [string, string])[] = [
  ["hot", "cold"],
  ["big", "small"],
  ["wet", "dry"],
  ["fast", "slow"],
  ["old", "young"],
  ["high", "low"],
  ["light", "dark"],
  ["hard", "soft"],
  ["loud", "quiet"],
  ["full", "empty"],
  ["near", "far"],
  ["open", "closed"],
  ["rich", "poor"],
  ["long", "short"],
  ["clean", "dirty"],
  ["happy", "sad"],
];

/** What a function can do: verbs and what they are done to. */
export const verbs: readonly string[] = list(`count open find clean paint move sort weigh send hide mix cut sell name`);
export const plurals: readonly string[] = list(`
  birds doors maps apples stones letters boats songs shoes numbers clouds stars pictures rooms trees cakes games roads
  lamps fish`);

/** Labels and kinds of screen elements. */
export const labels: readonly string[] = list(`
  save open mail music photo print send close search home help clock map game news sound color page note start`);

/** Comparatives. */
export const comparatives: readonly string[] = list(
  `taller older faster stronger richer louder kinder wiser heavier braver`,
);

/** Past and base form of what a person can do with an object. */
export const takings: readonly (readonly [string, string])[] = [
  ["saw", "see"],
  ["found", "find"],
  ["bought", "buy"],
  ["took", "take"],
  ["drew", "draw"],
  ["sold", "sell"],
];
