/** Whether a level takes in proportion to what it runs: its time against the sum of its slices' parts of the whole. */
import { shareOf } from "../../models/elastic.ts";
import type { Manifest } from "../../models/manifest.ts";
import { median } from "../statistics.ts";
import { readPrompt, stepOnce } from "./measure.ts";
import type { OpenModel, Runnable } from "./open-model.ts";

/** A level's tokens. */
export interface Proportion {
  readonly level: number;
  /** Milliseconds a token. */
  readonly tpot: number;
  /** What the whole model's blocks took, each as much of it as the level runs, and what is beside the blocks. */
  readonly expected: number;
  /** The first over the second: the median over rounds. */
  readonly ratio: number;
  /** The share of the layers' weights that runs. */
  readonly share: number;
}

export interface Proportions {
  readonly levels: readonly Proportion[];
  /** The whole model's tokens over those of the same weights without slices: the median over rounds. Absent: not compared. */
  readonly whole?: number;
}

export interface ProportionOptions {
  readonly rounds: number;
  /** Tokens that are decoded at a time, after 16. */
  readonly tokens: number;
}

/** What a token took, and its blocks. */
interface TokenTime {
  readonly total: number;
  readonly blocks: readonly number[];
}

const AFTER = 16;

/** Measures all levels of a model, and the same model without slices, in turns. */
export async function measureProportions(
  model: OpenModel,
  unsliced: OpenModel | undefined,
  { rounds, tokens }: ProportionOptions,
): Promise<Proportions> {
  const { runnables } = model;
  const found = runnables.map(() => new Array<{ tpot: number; expected: number }>());
  const wholes: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const times = new Map<Runnable, TokenTime>();
    const turns = [...runnables, ...unsliced?.runnables ?? []];
    for (const runnable of round % 2 === 0 ? turns : turns.reverse()) {
      times.set(runnable, await measureToken(runnable, tokens));
    }
    const whole = times.get(runnables.at(-1) as Runnable);
    // The first warms up.
    if (round === 0 || whole === undefined) continue;
    for (const [index, runnable] of runnables.entries()) {
      const tpot = times.get(runnable)?.total ?? NaN;
      found[index]?.push({ tpot, expected: expectedOf(model.manifest, whole, runnable.level) });
    }
    const [other] = unsliced?.runnables ?? [];
    if (other !== undefined) wholes.push(whole.total / (times.get(other)?.total ?? NaN));
  }
  const levels = runnables.map(({ level = 1 }, index) => {
    const measured = found[index] ?? [];
    return {
      level,
      tpot: median(measured.map(({ tpot }) => tpot)),
      expected: median(measured.map(({ expected }) => expected)),
      ratio: median(measured.map(({ tpot, expected }) => tpot / expected)),
      share: layersShare(model.manifest, level),
    };
  });
  return { levels, ...wholes.length === 0 ? {} : { whole: median(wholes) } };
}

/** A token's time by the sum of its slices: what is beside the blocks stays. */
export function expectedOf(manifest: Manifest, whole: TokenTime, level = 1): number {
  return manifest.blocks.reduce((left, block, place) => {
    return left - (whole.blocks[place] ?? 0) * (1 - shareOf(manifest.elastic, block, level));
  }, whole.total);
}

/** The share of the layers' multiply-adds that a level runs. */
export function layersShare({ blocks, elastic }: Pick<Manifest, "blocks" | "elastic">, level: number): number {
  let [ran, all] = [0, 0];
  for (const block of blocks.filter(({ kind }) => kind === "layer")) {
    ran += block.multiplyAddsPerToken * shareOf(elastic, block, level);
    all += block.multiplyAddsPerToken;
  }
  return ran / all;
}

/** The shortest that a token took, and each of its blocks: what nothing else on the machine made longer. */
async function measureToken(runnable: Runnable, tokens: number): Promise<TokenTime> {
  await readPrompt(runnable, AFTER);
  const measured: TokenTime[] = [];
  for (let at = AFTER; at < AFTER + tokens; at++) {
    const began = runnable.model.now();
    const { blockMilliseconds } = await stepOnce(runnable, at);
    measured.push({ total: runnable.model.now() - began, blocks: blockMilliseconds });
  }
  return {
    total: Math.min(...measured.map(({ total }) => total)),
    blocks: (measured[0]?.blocks ?? []).map((_, place) =>
      Math.min(...measured.map(({ blocks }) => blocks[place] ?? NaN))
    ),
  };
}
