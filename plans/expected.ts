/** What an answer will take, by its level, its prompt and the answers that are under way. Pure. */
import { factorAt } from "./batches.ts";
import type { ElasticTimes, LevelTimes } from "./levels.ts";

/** An answer that is under way. */
export interface Underway {
  readonly level: number;
  /** Tokens of its prompt that have not been read yet; 0 once its first token is there. */
  readonly promptTokens: number;
}

/** An answer that is asked for. */
export interface Wish {
  readonly level: number;
  /** Tokens of the prompt that have to be read. */
  readonly promptTokens: number;
}

/** What it will take. */
export interface Expected {
  readonly ttftMilliseconds: number;
  readonly tpotMilliseconds: number;
}

/** Tokens of a prompt that pass all devices one after another before several chunks are under way. */
const CHUNK = 128;
/** Chunks of one prompt that stand in line at once: a prompt that comes later waits for so many of each before it. */
const CHUNKS_IN_LINE = 4;
/** A piece of a prompt takes so many times as long as the step of readers that follows it: see `actors/executor/pace.ts`. */
const PIECE = 1.6;

/**
 * TTFT and TPOT of an answer. Prompts that came before are read first, pieces take turns with the steps of those that read
 * on, and rows of one level share a step. Undefined where the plan knows no such level.
 */
export function expectedTimes(
  times: ElasticTimes,
  wish: Wish,
  underway: readonly Underway[] = [],
): Expected | undefined {
  const own = times.levels.find(({ level }) => level === wish.level);
  if (own === undefined) return undefined;
  const reading = underway.filter(({ promptTokens }) => promptTokens === 0);
  const ahead = underway.reduce((sum, { level, promptTokens }) => {
    const inLine = Math.min(promptTokens, wish.promptTokens + CHUNKS_IN_LINE * CHUNK);
    const other = times.levels.find((each) => each.level === level) ?? own;
    return sum + readMilliseconds(other, inLine);
  }, 0);
  const turns = reading.length === 0 ? 1 : 1 + 1 / PIECE;
  return {
    ttftMilliseconds: own.firstMilliseconds + turns * (ahead + readMilliseconds(own, wish.promptTokens)),
    tpotMilliseconds: tokenMilliseconds(times, own, reading),
  };
}

/** What so many tokens of a prompt take, beyond what any prompt does. */
function readMilliseconds({ tokenMilliseconds, laterTokenMilliseconds }: LevelTimes, tokens: number): number {
  return Math.min(tokens, CHUNK) * tokenMilliseconds + Math.max(0, tokens - CHUNK) * laterTokenMilliseconds;
}

/**
 * From token to token: the way of the answer's own step, or, where others keep the slowest device busy for longer, the time
 * until it is its turn again there. With several devices as many groups are under way at once.
 */
function tokenMilliseconds(
  { stages, linkMilliseconds, stepFactors, levels }: ElasticTimes,
  own: LevelTimes,
  reading: readonly Underway[],
): number {
  const rows = new Map<number, number>([[own.level, 1]]);
  for (const { level } of reading) rows.set(level, (rows.get(level) ?? 0) + 1);
  const lanes = Math.min(stages, 1 + reading.length);
  const stepOf = (count: number) => factorAt(stepFactors, Math.max(1, count / lanes));
  const way = linkMilliseconds + own.computeMilliseconds * stepOf(rows.get(own.level) ?? 1);
  const turns = [...rows].map(([level, count]) => {
    const { slowestMilliseconds } = levels.find((each) => each.level === level) ?? own;
    return Math.min(lanes, count) * slowestMilliseconds * stepOf(count);
  });
  return Math.max(way, turns.reduce((sum, milliseconds) => sum + milliseconds, 0));
}
