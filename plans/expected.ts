/** What an answer will take, by its level, its prompt and the answers that are under way. Pure. */
import { factorAt } from "./batches.ts";
import type { ElasticTimes, LevelTimes } from "./levels.ts";
import { typicalRequest } from "./problem.ts";

/** An answer that is under way. */
export interface Underway {
  readonly level: number;
  /** Tokens of its prompt that have not been read yet; 0 once its first token is there. */
  readonly promptTokens: number;
  /** Tokens that it is still to make. Default: those of a typical answer. */
  readonly tokensLeft?: number;
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
 *
 * @param underway the answers that came before, in their order
 * @param places answers that run at once, at most; who finds none waits for as many as it takes to end. Default: enough
 */
export function expectedTimes(
  times: ElasticTimes,
  wish: Wish,
  underway: readonly Underway[] = [],
  places = Infinity,
): Expected | undefined {
  const own = timesAt(times, wish.level);
  if (own === undefined) return undefined;
  const waits = waitMilliseconds(times, underway, places);
  // Whoever has waited for a place finds those that have one with their prompts read.
  const beside = waits === 0 ? underway : underway.slice(0, places - 1).map((other) => ({ ...other, promptTokens: 0 }));
  const ahead = beside.reduce((sum, { level, promptTokens }) => {
    const inLine = Math.min(promptTokens, wish.promptTokens + CHUNKS_IN_LINE * CHUNK);
    return sum + readMilliseconds(timesAt(times, level) ?? own, inLine);
  }, 0);
  const turns = 1 + 1 / PIECE;
  const whileAhead = beside.some(({ promptTokens }) => promptTokens === 0) ? turns : 1;
  // Those whose prompts were read before read on by then.
  const whileOwn = beside.length > 0 ? turns : 1;
  const read = whileAhead * ahead + whileOwn * readMilliseconds(own, wish.promptTokens);
  return {
    ttftMilliseconds: waits + own.firstMilliseconds + read,
    tpotMilliseconds: tokenMilliseconds(times, own, rowsOf([...beside, wish])),
  };
}

/** How long it takes until there is a place for one more, each answer lasting as it would among those that have one now. */
function waitMilliseconds(times: ElasticTimes, underway: readonly Underway[], places: number): number {
  if (underway.length < places) return 0;
  const seated = underway.slice(0, Math.max(1, places));
  const rows = rowsOf(seated);
  const tokens = new Map(times.levels.map((own) => [own.level, tokenMilliseconds(times, own, rows)]));
  const lasts = ({ level, promptTokens, tokensLeft = typicalRequest.outputTokens }: Underway) => {
    const own = timesAt(times, level);
    return own === undefined ? 0 : readMilliseconds(own, promptTokens) + tokensLeft * (tokens.get(level) ?? 0);
  };
  const ends = seated.map(lasts);
  // Those that wait already take the places that come free first.
  for (const waiting of underway.slice(seated.length)) {
    const at = ends.indexOf(Math.min(...ends));
    ends[at] = (ends[at] ?? 0) + lasts(waiting);
  }
  return Math.min(...ends);
}

/** How many answers there are of each level. */
function rowsOf(answers: readonly Wish[]): ReadonlyMap<number, number> {
  const rows = new Map<number, number>();
  for (const { level } of answers) rows.set(level, (rows.get(level) ?? 0) + 1);
  return rows;
}

function timesAt({ levels }: ElasticTimes, wanted: number): LevelTimes | undefined {
  return levels.find(({ level }) => level === wanted);
}

/** What so many tokens of a prompt take, beyond what any prompt does. */
function readMilliseconds({ tokenMilliseconds, laterTokenMilliseconds }: LevelTimes, tokens: number): number {
  return Math.min(tokens, CHUNK) * tokenMilliseconds + Math.max(0, tokens - CHUNK) * laterTokenMilliseconds;
}

/**
 * From token to token: the way of the step that the answer is in, with those that share its lane, or, where all lanes keep the
 * slowest device busy for longer, the time until it is its turn again there. With several devices there are as many lanes; a
 * step runs its levels one after another. `rows` counts the answer too.
 */
function tokenMilliseconds(times: ElasticTimes, own: LevelTimes, rows: ReadonlyMap<number, number>): number {
  const { stages, linkMilliseconds, stepFactors } = times;
  const all = sum([...rows.values()]);
  const lanes = Math.min(stages, all);
  // The share of the others that is in the answer's own lane.
  const near = all === 1 ? 0 : (all / lanes - 1) / (all - 1);
  const way = [...rows].map(([level, count]) => {
    const { computeMilliseconds } = timesAt(times, level) ?? own;
    const beside = level === own.level ? 1 + near * (count - 1) : near * count;
    return computeMilliseconds * (beside < 1 ? beside : factorAt(stepFactors, beside));
  });
  const turns = [...rows].map(([level, count]) => {
    const { slowestMilliseconds } = timesAt(times, level) ?? own;
    return Math.min(lanes, count) * slowestMilliseconds * factorAt(stepFactors, Math.max(1, count / lanes));
  });
  return Math.max(linkMilliseconds + sum(way), sum(turns));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
