/** Command: trains the tokenizer on the generator's text. `node training/train-tokenizer.ts [TOKENIZER.JSON]` */
import { writeFile } from "node:fs/promises";
import { conversation, families, isCoined, mixtureAt, seededRandom, syllables } from "./generator/mod.ts";
import { cutWords, letterOfByte, trainBytePairs } from "./tokenizer/byte-pairs.ts";
import { specialTokens } from "./tokenizer/special-tokens.ts";
import { renderTokenizer, vocabularyOf } from "./tokenizer/tokenizer-file.ts";

const size = 1856;
const conversations = 60_000;

/**
 * Words and their counts. A coined name counts as its syllables, so that no name becomes a token: the names that are held
 * out then look like those of the training.
 */
function countWords(): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (word: string, times: number) => counts.set(word, (counts.get(word) ?? 0) + times);
  const random = seededRandom(1);
  for (let i = 0; i < conversations; i++) {
    for (const message of conversation(random, "train", { ...mixtureAt(0.35), families }).messages) {
      for (const word of cutWords(message)) if (!isCoined(word.trim())) count(word, 1);
    }
  }
  // Above all other counts: the first merges make the syllables, and no later merge cuts across them.
  for (const syllable of syllables) {
    const capital = syllable.charAt(0).toUpperCase() + syllable.slice(1);
    for (const form of [syllable, ` ${syllable}`, ` ${capital}`]) count(form, conversations * 100);
  }
  return counts;
}

const path = process.argv[2] ?? new URL("tokenizer.json", import.meta.url);
const merges = trainBytePairs(countWords(), size - specialTokens.length - letterOfByte.length);
await writeFile(path, renderTokenizer(vocabularyOf(merges)));
console.log(`${merges.length} merges`);
