/**
 * Tables of answers: each held-out prompt at every pair of levels, right or wrong. One is made once for a model and kept as
 * lines of JSON, a prompt a line; where its making was interrupted, it goes on.
 */
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Task } from "../../training/generator/mod.ts";
import type { Case } from "./case.ts";
import { type Exam, judge } from "./judge.ts";
import type { Runnable } from "./open-model.ts";
import { promptsOf } from "./prompts.ts";

/** A prompt at each of its levels, as tokens. */
export interface Shortened {
  readonly ids: readonly (readonly number[])[];
  /** How likely a right answer is said to be: by prompt level, then by the model's. */
  readonly guess?: readonly (readonly number[])[];
}

export interface TableOptions {
  readonly file: string;
  /** What the table belongs to: one that belongs to something else is made anew. */
  readonly key: string;
  readonly levels: readonly Runnable[];
  readonly shorten: (prompt: string, index: number) => Promise<Shortened>;
  /** Prompts of each family, number of hops and redundancy. */
  readonly perSetting: Readonly<Record<Case["set"], number>>;
  /** Answers that are known already, and take in those of this table: a prompt of one sentence is the same at most levels. */
  readonly known: Map<string, boolean>;
  readonly onProgress?: (done: number, of: number) => void;
}

/** Prompts and answers at a time, at most the slots of the models. */
const TOGETHER = 8;

/** Returns the table's cases, those of both sets. */
export async function tableOf(options: TableOptions): Promise<Case[]> {
  const { file, key, perSetting, onProgress = () => {} } = options;
  const wanted = (["test", "validation"] as const).flatMap((set) => {
    return promptsOf(set, perSetting[set]).map((task, index) => ({ set, index, task }));
  });
  const kept = await readTable(file, key);
  const keyOf = ({ set, index }: Pick<Case, "set" | "index">) => `${set} ${index}`;
  const cases = new Map(kept.map((one) => [keyOf(one), one]));
  const missing = wanted.filter((one) => !cases.has(keyOf(one)));
  for (let at = 0; at < missing.length; at += TOGETHER) {
    const part = missing.slice(at, at + TOGETHER);
    const found = await answer(part, options);
    await appendFile(file, found.map((one) => `${JSON.stringify(one)}\n`).join(""));
    for (const one of found) cases.set(keyOf(one), one);
    onProgress(wanted.length - missing.length + at + part.length, wanted.length);
  }
  return wanted.flatMap((one) => cases.get(keyOf(one)) ?? []);
}

/** The cases that a file has for a key; it is begun where it has none. */
async function readTable(file: string, key: string): Promise<Case[]> {
  await mkdir(dirname(file), { recursive: true });
  const text = existsSync(file) ? await readFile(file, "utf8") : "";
  // The end of the last line may not have come to the disk.
  const [head, ...lines] = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter((line) => line !== "");
  const first = JSON.stringify({ key });
  const same = head === first;
  await writeFile(file, [first, ...same ? lines : []].map((line) => `${line}\n`).join(""));
  return same ? lines.map((line) => JSON.parse(line) as Case) : [];
}

/** Answers some prompts at every pair, all of them at once. */
async function answer(
  asked: readonly { readonly set: Case["set"]; readonly index: number; readonly task: Task }[],
  { levels, shorten, known }: TableOptions,
): Promise<Case[]> {
  const prompts: (typeof asked[number] & Shortened)[] = [];
  for (const one of asked) prompts.push({ ...one, ...await shorten(one.task.prompt, one.index) });
  const right = prompts.map(({ ids }) => ids.map(() => new Array<boolean>()));
  for (const runnable of levels) {
    const exams = prompts.flatMap(({ ids, task: { answer } }) => ids.map((one): Exam => ({ ids: one, answer })));
    const keyOf = ({ ids, answer }: Exam) => `${runnable.key} ${ids} ${answer}`;
    const different = new Map(exams.map((exam) => [keyOf(exam), exam])).values();
    const open = [...different].filter((exam) => !known.has(keyOf(exam)));
    for (let at = 0; at < open.length; at += TOGETHER) {
      const part = open.slice(at, at + TOGETHER);
      for (const [index, is] of (await judge(runnable, part)).entries()) known.set(keyOf(part[index] as Exam), is);
    }
    for (const [place, { ids, task: { answer } }] of prompts.entries()) {
      for (const [promptLevel, one] of ids.entries()) {
        right[place]?.[promptLevel]?.push(known.get(keyOf({ ids: one, answer })) ?? false);
      }
    }
  }
  const [first] = levels;
  return prompts.map(({ set, index, task: { family, hops, redundancy, answer }, ids, guess }, place) => ({
    set,
    index,
    family,
    hops,
    redundancy,
    tokens: ids.map(({ length }) => length),
    answerTokens: 1 + (first?.model.tokenizer.encode(answer, { addBos: false }).length ?? 0),
    right: right[place] ?? [],
    ...guess === undefined ? {} : { guess },
  }));
}
