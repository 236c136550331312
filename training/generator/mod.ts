/** The generator of the built-in model's training and validation text: seeded, deterministic, no third-party text. */
export { conversation, elasticMixture, type Mixture, mixtureAt } from "./mixture.ts";
export { isCoined, type Split, splitOf, syllables } from "./names.ts";
export { type Random, seededRandom } from "./random.ts";
export { type Conversation, families, type Puzzle, type Task, type TaskFamily, type TaskOptions } from "./sample.ts";
export { type Story, writeStory } from "./story.ts";
export { writePuzzle, writeTask } from "./task.ts";
