/** The parts of the benchmark: what each measures, for a model file. */
import { basename, join } from "node:path";
import { encodeChat } from "../../models/text/mod.ts";
import type { Case } from "./case.ts";
import type { Times } from "./clock.ts";
import { withFewerLayers } from "./drop-layers.ts";
import { evaluate, type Score } from "./evaluate.ts";
import { measureAll } from "./measure.ts";
import { memoryOf, type MemoryUse } from "./memory.ts";
import { measureMeshLevels, type MeshLevel } from "./mesh-levels.ts";
import { type Now, type OpenModel, openModel, type Runnable } from "./open-model.ts";
import { LARGER, writeLarger, writePlain } from "./plain-model.ts";
import { promptsOf } from "./prompts.ts";
import { measureProportions, type Proportions } from "./proportion.ts";
import { chooseAsGateways, shortenBlindly, shortenByChooser } from "./shorten.ts";
import { measureSwitching, type Switching } from "./switching.ts";
import { type Shortened, tableOf, type TableOptions } from "./table.ts";

export interface PartOptions {
  /** The elastic model's file. */
  readonly model: string;
  /** The same trained without reordering, where there is such a file. */
  readonly unordered: string | undefined;
  /** Models of which each was trained at one level alone, from the least: sizes of their own. None: they are not judged. */
  readonly sizes: readonly string[];
  /** A folder for what is made. */
  readonly out: string;
  readonly rounds: number;
  /** Prompts of each setting, to judge by; half as many to tune on. */
  readonly perSetting: number;
  readonly requests: number;
  readonly now: Now;
  /** Says what is done. */
  readonly say: (line: string) => void;
}

/** Tables and times of all that is judged, by name. */
export interface Measures {
  readonly cases: Readonly<Record<VariantName, readonly Case[] | undefined>>;
  readonly times: Readonly<Record<string, Times>>;
  /** Layers that are left at each level of the model with fewer. */
  readonly layers: readonly (readonly number[])[];
}

export type VariantName = "elastic" | "layers" | "unordered" | "sizes" | "blind";

const LENGTHS: readonly number[] = [8, 16, 32, 64, 96, 128, 192, 256, 384, 480];

/** Answers all prompts at all pairs, as far as that is not known yet, and measures what they take. */
export async function measure(options: PartOptions): Promise<Measures> {
  const { model: file, unordered: otherFile, out, rounds, perSetting, now, say } = options;
  await using stack = new AsyncDisposableStack();
  const opened = async (path: string) => stack.use(await openModel(path, 8, now));
  const model = await opened(file);
  const other = otherFile === undefined ? undefined : await opened(otherFile);
  const sizes: Runnable[] = [];
  for (const [index, path] of options.sizes.entries()) {
    const { runnables } = await opened(path);
    const one = runnables[index];
    if (one === undefined || options.sizes.length !== model.runnables.length - 1) {
      throw new RangeError(
        `${path}: a model of ${model.runnables.length} levels takes a size for each below the highest.`,
      );
    }
    sizes.push(one);
  }
  say("Leaving layers out");
  const fewer = await withFewerLayers(model, promptsOf("validation", 1).filter((_, index) => index % 4 === 0));
  const known = new Map<string, boolean>();
  const table = async (name: VariantName, { levels, shorten }: Pick<TableOptions, "levels" | "shorten">) => {
    const key = `${[...new Set(levels.map(({ model }) => model.manifest.id))]} ${levels.length} levels`;
    const onProgress = (done: number, of: number) => say(`Answers, ${name}: ${done} of ${of}`);
    const settings = { test: perSetting, validation: Math.ceil(perSetting / 2) };
    return await tableOf({
      file: join(out, `${name}.jsonl`),
      key,
      levels,
      shorten,
      perSetting: settings,
      known,
      onProgress,
    });
  };
  const by = (how: (model: OpenModel, prompt: string, index: number) => Promise<Shortened>, of = model) => {
    return (prompt: string, index: number) => how(of, prompt, index);
  };
  const cases = {
    elastic: await table("elastic", { levels: model.runnables, shorten: by(shortenByChooser) }),
    blind: await table("blind", { levels: model.runnables, shorten: by(shortenBlindly) }),
    layers: await table("layers", { levels: fewer, shorten: by(shortenByChooser) }),
    // Its slices are others, but its chooser is the elastic model's: it has none of its own.
    unordered: other === undefined
      ? undefined
      : await table("unordered", { levels: other.runnables, shorten: by(shortenByChooser) }),
    sizes: sizes.length === 0
      ? undefined
      : await table("sizes", { levels: [...sizes, ...model.runnables.slice(-1)], shorten: by(shortenByChooser) }),
  };
  say("Times");
  const choose = chooseTime(model);
  const elastic = { levels: model.runnables, ...choose === undefined ? {} : { choose } };
  const times = await measureAll({ elastic, layers: { ...elastic, levels: fewer } }, {
    rounds,
    lengths: LENGTHS.filter((length) => length + 32 <= model.manifest.architecture.context),
    tokens: 24,
    after: 128,
  });
  return { cases, times, layers: fewer.map(({ layers }) => layers) };
}

/** What choosing takes, from a prompt's text to the tokens of what is left of it; undefined without a chooser. */
function chooseTime(model: OpenModel): ((tokens: number) => Promise<number>) | undefined {
  if (model.manifest.elastic?.chooser === undefined) return undefined;
  const texts = new Map<number, string>();
  const textOf = (tokens: number): string => {
    let text = "Where is the red key?";
    const length = () => encodeChat(model.tokenizer, model.bundle, [{ role: "user", content: text }]).length;
    for (let count = 0; length() < tokens; count++) text = `The red key is with Bela. ${text}`;
    return text;
  };
  return async (tokens) => {
    const text = texts.get(tokens) ?? textOf(tokens);
    texts.set(tokens, text);
    const began = model.now();
    await chooseAsGateways(model, text);
    return model.now() - began;
  };
}

/** Judges all policies on what was measured. */
export function judgePolicies({ cases, times }: Measures, { requests }: Pick<PartOptions, "requests">): Score[] {
  const evidence = (name: VariantName, as = "elastic") => {
    const [table, measured] = [cases[name], times[as]];
    return table === undefined || measured === undefined ? undefined : { cases: table, times: measured };
  };
  const elastic = evidence("elastic");
  if (elastic === undefined) throw new RangeError("There is nothing to judge: measure first.");
  const evidences = {
    elastic,
    layers: evidence("layers", "layers"),
    unordered: evidence("unordered"),
    // A level of small layers is a model of that size: it takes the same.
    sizes: evidence("sizes"),
    blind: evidence("blind"),
  };
  return evaluate(evidences, { seeds: [1, 2, 3, 4, 5], skews: [-0.25, 0, 0.25], requests, load: 0.5 });
}

/** A model's steps, by themselves. */
export interface StepsResult {
  readonly name: string;
  readonly proportions: Proportions;
  /** On three local daemons; of the built-in model only. */
  readonly mesh?: readonly MeshLevel[];
  /** From the least level to the highest, and to the one below it. */
  readonly switching: readonly Switching[];
  /** All levels beside each other, the highest alone, and the same weights without slices. */
  readonly memory: { readonly all: MemoryUse; readonly highest: MemoryUse; readonly plain: MemoryUse };
}

/** Measures levels' proportion, switching and memory of the model and of larger ones with random weights. */
export async function measureSteps({ model, out, rounds, now, say }: PartOptions): Promise<StepsResult[]> {
  const results: StepsResult[] = [];
  const files = [["built-in", model]];
  for (const [name, shape] of Object.entries(LARGER)) {
    const file = join(out, `random-${shape.layers}x${shape.width}.gguf`);
    await writeLarger(file, shape);
    files.push([name, file]);
  }
  for (const [name = "", file = ""] of files) {
    say(`Steps: ${name}`);
    const steps = await stepsOf(file, join(out, `${basename(file)}-plain.gguf`), { rounds, now });
    const mesh = file === model ? await measureMeshLevels(file, steps.proportions.levels, rounds) : undefined;
    results.push({ name, ...steps, ...mesh === undefined ? {} : { mesh } });
  }
  return results;
}

async function stepsOf(
  file: string,
  plain: string,
  { rounds, now }: Pick<PartOptions, "rounds" | "now">,
): Promise<Omit<StepsResult, "name" | "mesh">> {
  await writePlain(file, plain);
  const memory = {
    all: memoryOf(file, "all"),
    highest: memoryOf(file, "highest"),
    plain: memoryOf(plain, "all"),
  };
  await using model = await openModel(file, 8, now);
  await using unsliced = await openModel(plain, 8, now);
  const proportions = await measureProportions(model, unsliced, { rounds, tokens: 16 });
  const { runnables } = model;
  const [least, highest] = [runnables[0], runnables.at(-1)];
  const switching: Switching[] = [];
  for (const from of [least, runnables.at(-2)]) {
    if (from === undefined || highest === undefined || from === highest) continue;
    for (const [a, b] of [[from, highest], [highest, from]] as const) {
      switching.push(await measureSwitching(a, b, 8 * rounds));
    }
  }
  return { proportions, switching, memory };
}
