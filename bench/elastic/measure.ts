/** Measures what prompts and tokens take at each level, of several models in turns. */
import type { StepResult } from "../../models/compute/mod.ts";
import type { Round, Times } from "./clock.ts";
import { attentionOf } from "./judge.ts";
import { draws, type Runnable } from "./open-model.ts";

/** What is measured under one name: its levels from the least. */
export interface Measured {
  readonly levels: readonly Runnable[];
  /** What the chooser takes for a prompt of so many tokens, in milliseconds. */
  readonly choose?: (tokens: number) => Promise<number>;
}

export interface MeasureOptions {
  readonly rounds: number;
  /** Tokens of prompts. */
  readonly lengths: readonly number[];
  /** Tokens that are decoded at a time. */
  readonly tokens: number;
  /** Tokens of the prompt after which they are. */
  readonly after: number;
}

/** Tokens of a prompt that are read at once. */
const CHUNK = 128;

/** Measures all in turns: a round of one is at the same place as those of the others. One more, the first, is not counted. */
export async function measureAll(
  all: Readonly<Record<string, Measured>>,
  options: MeasureOptions,
): Promise<Readonly<Record<string, Times>>> {
  const { rounds, lengths } = options;
  const names = Object.keys(all);
  const found = new Map<string, Round[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    // Who is last of all in one round is first in the next one.
    const order = Object.entries(all);
    const measured = await measureRound(round % 2 === 0 ? order : order.reverse(), options);
    for (const [name, one] of round === 0 ? [] : measured) found.get(name)?.push(one);
  }
  return Object.fromEntries(names.map((name) => [name, { lengths, rounds: found.get(name) ?? [] }]));
}

/** A length after the other, and at each all levels of all. */
async function measureRound(
  order: readonly (readonly [string, Measured])[],
  { lengths, after, tokens }: MeasureOptions,
): Promise<Map<string, Round>> {
  const rounds = new Map(order.map(([name, { levels, choose }]) => {
    const prefill = levels.map(() => new Array<number>());
    return [name, { prefill, decode: new Array<number>(), ...choose === undefined ? {} : { choose: [] as number[] } }];
  }));
  for (const length of lengths) {
    for (const [name, { levels, choose }] of order) {
      for (const [index, level] of levels.entries()) {
        rounds.get(name)?.prefill[index]?.push(await readPrompt(level, length));
      }
      if (choose !== undefined) rounds.get(name)?.choose?.push(await choose(length));
    }
  }
  for (const [name, { levels }] of order) {
    for (const level of levels) {
      await readPrompt(level, after);
      rounds.get(name)?.decode.push(await decodeTokens(level, after, tokens));
    }
  }
  return rounds;
}

/** Milliseconds to the first token of a prompt, which lies in a slot then, the first if nothing is said. */
export async function readPrompt({ model, segment, level }: Runnable, tokens: number, slot = 0): Promise<number> {
  const ids = promptOf(tokens, model.manifest.architecture.vocabulary);
  const began = model.now();
  for (let position = 0; position < tokens; position += CHUNK) {
    const part = ids.slice(position, position + CHUNK);
    const output = position + CHUNK >= tokens ? draws : "none" as const;
    await segment.step({ rows: [{ ...rowOf(position, part.length, level), slot, output }], tokens: part });
  }
  return model.now() - began;
}

/** Milliseconds a token, of so many after `position` tokens in the first slot. */
export async function decodeTokens(runnable: Runnable, position: number, tokens: number): Promise<number> {
  const { model } = runnable;
  const began = model.now();
  for (let at = position; at < position + tokens; at++) await stepOnce(runnable, at);
  return (model.now() - began) / tokens;
}

/** Runs one token at a position of a slot, the first if nothing is said. */
export function stepOnce({ model, segment, level }: Runnable, position: number, slot = 0): Promise<StepResult> {
  const tokens = promptOf(1, model.manifest.architecture.vocabulary, position);
  return segment.step({ rows: [{ ...rowOf(position, 1, level), slot, output: draws }], tokens });
}

function rowOf(position: number, count: number, level: number | undefined) {
  return { slot: 0, position, count, attention: attentionOf(count), ...level === undefined ? {} : { level } };
}

/** Ids from all of a vocabulary but its first tokens, which control or are bytes. */
export function promptOf(tokens: number, vocabulary: number, which = 0): Int32Array {
  return Int32Array.from({ length: tokens }, (_, index) => 260 + ((index + 1 + which) * 7919) % (vocabulary - 260));
}
