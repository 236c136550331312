/**
 * Command: whether the exported chooser gives what PyTorch gave, and cuts prompts as `prompts.py` does.
 * `node training/chooser/check.ts CHOOSER.onnx PROMPTS.jsonl LABELS.jsonl [COUNT]`, with labels of `label_right.py`
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { PROMPT_SHARES } from "../../models/elastic.ts";
import { startCompute } from "../../models/compute/mod.ts";
import { onThisThread } from "../../models/compute/this-thread.ts";
import { compress, type Word } from "../../models/text/mod.ts";

interface Prompt {
  readonly tokens: readonly number[];
  readonly words: readonly Omit<Word, "message" | "text">[];
}
interface Label {
  readonly guess: readonly (readonly number[])[];
  /** By prompt level, with the template's four. */
  readonly tokens: readonly number[];
}

const [chooser = "", prompts = "", labels = "", count = "100"] = process.argv.slice(2);
async function lines<T>(path: string): Promise<T[]> {
  return (await readFile(path, "utf8")).split("\n", Number(count)).filter(Boolean).map((line) => JSON.parse(line) as T);
}

await using compute = startCompute({ threads: 1, startThread: onThisThread });
const wanted = await lines<Label>(labels);
let [furthest, otherCuts] = [0, 0];
const times: number[] = [];
for (const [place, prompt] of (await lines<Prompt>(prompts)).entries()) {
  const label = wanted[place];
  if (label === undefined) break;
  const tokens = Int32Array.from(prompt.tokens);
  const { keep, right, milliseconds } = await compute.choose({
    path: resolve(chooser),
    tokens,
    levels: label.guess[0]?.length ?? 0,
  });
  times.push(milliseconds);
  right.flat().forEach((value, at) => {
    furthest = Math.max(furthest, Math.abs(value - (label.guess.flat()[at] ?? NaN)));
  });
  const words = prompt.words.map((word) => ({ ...word, message: 0, text: "" }));
  for (const [level, share] of PROMPT_SHARES.entries()) {
    const { kept } = compress({ messages: [], tokens, words }, keep, share);
    // The first word that is left may have fewer tokens without the space before it.
    if (Math.abs(kept + 4 - (label.tokens[level] ?? 0)) > 3) otherCuts++;
  }
}
const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
console.log(
  `${times.length} prompts: guesses differ by ${
    furthest.toExponential(1)
  } at most, ${otherCuts} cuts by more than the ` +
    `first word; a choice takes ${median?.toFixed(2)} ms`,
);
