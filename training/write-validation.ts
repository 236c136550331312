/**
 * Command: writes held-out tasks, stories and talk as lines of JSON, for the twin of the evaluation in PyTorch.
 * `node training/write-validation.ts FILE [TASKS A SETTING] [SEED]`
 */
import { writeFile } from "node:fs/promises";
import { validationSet } from "./validation-set.ts";
import { createEncoder } from "./tokenizer/byte-pairs.ts";
import { readTokenizer } from "./tokenizer/tokenizer-file.ts";
import { tokensOf } from "./tokens.ts";

const [path, perSetting = "25", seed = "77"] = process.argv.slice(2);
if (path === undefined) throw new TypeError("Cannot write the validation set without a file; name one");
const { vocab, merges } = await readTokenizer(new URL("tokenizer.json", import.meta.url));
const encode = createEncoder(vocab, merges);

const { tasks, stories } = validationSet({ seed: Number(seed), perSetting: Number(perSetting) });
const lines = [
  ...tasks.map(({ family, hops, redundancy, prompt, answer, unsaid }) => {
    const messages = [prompt, answer];
    const { ids, kinds, steps } = tokensOf({ kind: "task", messages, unsaid: new Map([[1, unsaid]]) }, encode);
    // Where the answer says what takes the hops to find, for families that have one such place.
    const [found = -1] = steps.keys();
    return { kind: "task", family, hops, redundancy, ids, from: kinds.indexOf(2), found };
  }),
  ...stories.map(({ prompt, text }) => {
    const { ids, kinds } = tokensOf({ kind: "story", messages: [prompt, text] }, encode);
    return { kind: "story", ids, from: kinds.indexOf(1) };
  }),
];
await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
console.log(`${tasks.length} tasks and ${stories.length} stories in ${path}`);
