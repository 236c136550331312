/**
 * Command: writes tasks as a chooser reads them, as lines of JSON. Training's are drawn at random; the held-out ones have all
 * settings of the knobs equally often. `node training/chooser/write-prompts.ts FILE train|heldout COUNT [SEED]`
 */
import { writeFile } from "node:fs/promises";
import { readForChoosing } from "../../models/text/mod.ts";
import { families, seededRandom, type Task, writeTask } from "../generator/mod.ts";
import { createEncoder } from "../tokenizer/byte-pairs.ts";
import { bosId, endId } from "../tokenizer/special-tokens.ts";
import { readTokenizer } from "../tokenizer/tokenizer-file.ts";
import { tokensOf } from "../tokens.ts";
import { hopSettings, redundancySettings } from "../validation-set.ts";

const [path, split, count = "1000", seed = "5"] = process.argv.slice(2);
if (path === undefined || (split !== "train" && split !== "heldout")) {
  throw new TypeError(
    "Cannot write prompts without a file and a split: write-prompts.ts FILE train|heldout COUNT [SEED]",
  );
}
const { vocab, merges } = await readTokenizer(new URL("../tokenizer.json", import.meta.url));
const encode = createEncoder(vocab, merges);
const random = seededRandom(Number(seed));

function knobs(place: number): { readonly hops: number; readonly redundancy: number } {
  if (split === "train") {
    return { hops: 1 + random.below(3), redundancy: random.chance(0.25) ? 0 : 0.8 * random.unit() };
  }
  const [hops, redundancies] = [hopSettings.length, redundancySettings.length];
  return {
    hops: hopSettings[place % hops] ?? 1,
    redundancy: redundancySettings[Math.floor(place / hops) % redundancies] ?? 0,
  };
}

/** What `prompts.py` reads: the reading, and what it takes to put any choice of its words together again. */
function lineOf({ family, hops, redundancy, prompt, answer }: Task): string {
  const { tokens, words } = readForChoosing({ encode: (text) => encode(text) }, [{ role: "user", content: prompt }]);
  const whole = tokensOf({ kind: "task", messages: [prompt] }, encode).ids;
  const together = [bosId, whole[1], ...tokens, endId];
  // Words that are encoded one by one must give what the model reads.
  if (together.join() !== whole.join()) throw new Error(`Cannot take apart ${JSON.stringify(prompt)}`);
  return JSON.stringify({
    family,
    hops,
    redundancy,
    tokens: [...tokens],
    words: words.map(({ sentence, text, start, end }) => ({ sentence, start, end, first: encode(text.trimStart()) })),
    answer: [...encode(answer), endId],
  });
}

const lines = Array.from({ length: Number(count) }, (_, place) => {
  const family = families[place % families.length] ?? "lookup";
  return lineOf(writeTask(family, { random, split, ...knobs(Math.floor(place / families.length)) }));
});
await writeFile(path, lines.map((line) => `${line}\n`).join(""));
console.log(`${lines.length} prompts in ${path}`);
