/** What one segment's steps tell: how long its blocks take, and how its tokens come. */
import type { BlockTime } from "../leader/protocol.ts";
import type { StepTimes } from "../executor/state.ts";
import { type BatchFactors, type BatchSize, batchSizeOf, batchSizes, type BatchTally } from "./batches.ts";
import { type LevelShares, LevelTally } from "./level-shares.ts";
import { MedianOfMeans } from "./median-of-means.ts";
import { Samples } from "./samples.ts";

/**
 * Steps after a load, of the segment or of one of its levels, that are not taken for the device's speed: weights are read from disk as they are touched, code is not
 * compiled yet. Five to twenty times the usual has been seen.
 */
export const COLD_STEPS = 8;
/** Steps that a block's median is taken over. */
const BLOCK_STEPS = 31;
/** Means of eight steps that a step's time is the median of: a burst of a few seconds does not move it. */
const MEANS = 32;
/** A prefill chunk of fewer tokens says more of decode than of prefill. */
const PREFILL_TOKENS = 32;
/** Times between tokens that are kept of one window. */
const MAX_INTERVALS = 512;
/** A sequence that gets no token for so long has ended, or its answer was taken up elsewhere. */
const PAUSE_MILLISECONDS = 10_000;

/** A segment that runs here. */
export interface WorkingSegment {
  readonly model: string;
  readonly first: number;
  readonly last: number;
  /** Kinds of its blocks, in order. */
  readonly kinds: readonly ("embed" | "layer" | "head")[];
  /** Of an elastic model: its levels, and which of the segment's blocks run in part at those below the highest. */
  readonly elastic?: { readonly levels: number; readonly sliced: readonly boolean[] };
}

/** What a segment did since the last look. */
export interface StepWindow {
  readonly model: string;
  readonly first: number;
  readonly last: number;
  /** Decode steps that tell how fast the device is. */
  readonly steps: number;
  /** Rows of all of them: each is a token. */
  readonly tokens: number;
  /** From the first of them to the look. */
  readonly milliseconds: number;
  /**
   * Of a decode step's blocks, by what a row of its own would have taken: the mean without the largest value, which may be a
   * hiccup of the machine. 0 where there were fewer than two steps.
   */
  readonly stepMilliseconds: number;
  /** Sequences that got tokens. */
  readonly sequences: number;
  /** Whether all of them ran the whole model: else times between tokens say little of the device. */
  readonly whole: boolean;
  /** Times from token to token of one sequence that were seen, and their median; 0 where there were none. */
  readonly intervals: number;
  readonly tokenMilliseconds: number;
}

/** Rows by level; undefined is the whole, as is every level where nothing is sliced. Each level runs by itself. */
type LevelRows = ReadonlyMap<number | undefined, number>;

interface BlockSamples {
  readonly decode: Samples;
  readonly prefill: Samples;
}

/** Collects the steps of one segment. */
export class SegmentWork {
  readonly segment: WorkingSegment;
  readonly #factors: BatchFactors;
  readonly #shares: LevelShares;
  readonly #blocks: readonly BlockSamples[];
  readonly #steps = new MedianOfMeans(MEANS);
  /** Milliseconds of a decoder layer by rows. */
  readonly #layers = new Map<BatchSize, Samples>();
  readonly #lastToken = new Map<number, number>();
  /** Steps so far, of each level apart: what one has warmed up is not the other's. */
  readonly #seen = new Map<number | undefined, number>();
  #scale = 1;
  #window = emptyWindow();

  constructor(segment: WorkingSegment, { factors, shares }: { factors: BatchFactors; shares: LevelShares }) {
    this.segment = segment;
    this.#factors = factors;
    this.#shares = shares;
    this.#blocks = segment.kinds.map(() => ({ decode: new Samples(BLOCK_STEPS), prefill: new Samples(BLOCK_STEPS) }));
  }

  /** Takes a step; false where it was too cold to tell anything. */
  record(step: StepTimes): boolean {
    const { rows, tokens, levels } = step;
    const groups = this.#levelsOf(rows, levels);
    let cold = false;
    for (const level of groups.keys()) {
      const seen = (this.#seen.get(level) ?? 0) + 1;
      this.#seen.set(level, seen);
      cold ||= seen <= COLD_STEPS;
    }
    if (cold) return false;
    if (tokens === rows) this.#decoded(step, groups);
    else if (rows === 1 && tokens >= PREFILL_TOKENS) this.#read(step, groups);
    return true;
  }

  #read({ tokens, blockMilliseconds }: StepTimes, groups: LevelRows): void {
    const [level] = groups.keys();
    this.#window.prefill.add(level, tokens, this.#sliced(blockMilliseconds));
    if (level !== undefined) return;
    for (const [at, took] of blockMilliseconds.entries()) this.#blocks[at]?.prefill.add(took / tokens);
  }

  #decoded({ rows, blockMilliseconds, levels, at, sequences }: StepTimes, groups: LevelRows): void {
    const window = this.#window;
    window.began ??= at;
    window.ran++;
    window.tokens += rows;
    for (const sequence of sequences) this.#arrived(sequence, at);
    const [level] = groups.keys();
    if (groups.size === 1) window.decode.add(level, 1, this.#sliced(blockMilliseconds) / this.#factors.of(rows));
    window.whole &&= levels?.every((level) => this.#partOf(level) === undefined) ?? true;
    const alone = this.#alone(blockMilliseconds, groups);
    if (alone === undefined) return;
    const total = sum(alone);
    for (const [index, took] of alone.entries()) this.#blocks[index]?.decode.add(took);
    this.#steps.add(total);
    window.steps++;
    window.total += total;
    window.largest = Math.max(window.largest, total);
    if (groups.size > 1 || level !== undefined) return;
    // A step of seven rows is none of four: it counts as what four of its kind would have taken.
    const size = batchSizeOf(rows);
    const part = this.#factors.of(size) / this.#factors.of(rows);
    this.#layer(size, part, blockMilliseconds);
    const tally = window.tallies.get(size) ?? { steps: 0, total: 0 };
    window.tallies.set(size, { steps: tally.steps + 1, total: tally.total + part * sum(blockMilliseconds) });
  }

  #levelsOf(rows: number, levels: StepTimes["levels"]): LevelRows {
    const { elastic } = this.segment;
    if (levels === undefined || elastic?.sliced.includes(true) !== true) return new Map([[undefined, rows]]);
    const counts = new Map<number | undefined, number>();
    for (const level of levels) {
      const part = this.#partOf(level);
      counts.set(part, (counts.get(part) ?? 0) + 1);
    }
    return counts;
  }

  /** A level below the highest; undefined is the whole. */
  #partOf(level: number | undefined): number | undefined {
    const { elastic } = this.segment;
    return elastic !== undefined && level !== undefined && level < elastic.levels ? level : undefined;
  }

  /** What blocks would have taken for one row of the whole model; undefined where it is not known what a level takes of it. */
  #alone(blockMilliseconds: readonly number[], groups: LevelRows) {
    let [all, sliced] = [0, 0];
    for (const [level, rows] of groups) {
      const share = level === undefined ? 1 : this.#shares.sure(level);
      if (share === undefined) return undefined;
      const factor = this.#factors.of(rows);
      all += factor;
      sliced += factor * share;
    }
    return blockMilliseconds.map((took, at) => took / (this.segment.elastic?.sliced[at] === true ? sliced : all));
  }

  #sliced(blockMilliseconds: readonly number[]): number {
    return sum(blockMilliseconds.filter((_, at) => this.segment.elastic?.sliced[at] === true));
  }

  #layer(size: BatchSize, part: number, blockMilliseconds: readonly number[]): void {
    const layers = blockMilliseconds.filter((_, index) => this.segment.kinds[index] === "layer");
    if (layers.length === 0) return;
    const samples = this.#layers.get(size) ?? new Samples(BLOCK_STEPS);
    this.#layers.set(size, samples);
    samples.add(part * sum(layers) / layers.length);
  }

  #arrived(sequence: number, at: number): void {
    const before = this.#lastToken.get(sequence);
    this.#lastToken.set(sequence, at);
    this.#window.sequences.add(sequence);
    if (before === undefined || this.#window.intervals.count >= MAX_INTERVALS) return;
    this.#window.intervals.add(at - before);
  }

  /** What ran since the last window, unless that is fewer steps than `least`: they are left for the next one. */
  takeWindow(now: number, least: number): StepWindow | undefined {
    const { began = now, ran, steps, tokens, total, largest, sequences, intervals, whole } = this.#window;
    const { tallies, decode, prefill } = this.#window;
    if (ran < least) return undefined;
    this.#window = emptyWindow();
    this.#factors.learn(tallies);
    this.#shares.learn(decode, prefill);
    for (const [sequence, at] of this.#lastToken) {
      if (now - at > PAUSE_MILLISECONDS) this.#lastToken.delete(sequence);
    }
    const { model, first, last } = this.segment;
    return {
      model,
      first,
      last,
      steps,
      tokens,
      milliseconds: now - began,
      stepMilliseconds: steps < 2 ? 0 : (total - largest) / (steps - 1),
      sequences: sequences.size,
      whole,
      intervals: intervals.count,
      tokenMilliseconds: intervals.median() ?? 0,
    };
  }

  /**
   * Its blocks' times, or nothing before enough is known: each block's share of a step by its median, of a step's time that
   * counts what slices of other programs cost too.
   */
  blocks(): BlockTime[] {
    const step = this.#steps.value();
    if (step === undefined) return [];
    const medians = this.#blocks.map(({ decode }) => decode.median() ?? 0);
    const share = this.#scale * step / (sum(medians) || 1);
    return this.#blocks.map(({ prefill }, at) => ({
      index: this.segment.first + at,
      decodeMilliseconds: (medians[at] ?? 0) * share,
      ...(prefill.count === 0 ? {} : { prefillMillisecondsPerToken: this.#scale * (prefill.median() ?? 0) }),
    }));
  }

  /**
   * Milliseconds of a decoder layer, by the rows of a step: of the size that ran most as it was, of others by the factors that
   * one row is told by too (`blocks`). So what is predicted of a size that runs is what it takes.
   */
  layers(): { rows: BatchSize; steps: number; layerMilliseconds: number }[] {
    const ran = [...this.#layers].map(([rows, samples]) => ({
      rows,
      steps: samples.count,
      took: samples.median() ?? 0,
    }));
    const most = ran.toSorted((a, b) => b.steps - a.steps)[0];
    if (most === undefined) return [];
    const single = most.took / this.#factors.of(most.rows);
    const stepsOf = (size: BatchSize) => ran.find(({ rows }) => rows === size)?.steps ?? 0;
    return batchSizes.filter((size) => size === 1 || stepsOf(size) > 0 || this.#factors.knows(size)).map((rows) => {
      return { rows, steps: Math.max(stepsOf(rows), most.steps), layerMilliseconds: single * this.#factors.of(rows) };
    });
  }

  /** A change is established: only the latest steps count. */
  settle(steps: number): void {
    this.#steps.keep(steps);
  }

  /** The device is so many times as slow as when this ran. */
  rescale(factor: number): void {
    this.#scale *= factor;
  }
}

function emptyWindow() {
  return {
    began: undefined as number | undefined,
    /** Decode steps, and those of them that tell how fast the device is. */
    ran: 0,
    steps: 0,
    tokens: 0,
    total: 0,
    largest: 0,
    tallies: new Map<BatchSize, BatchTally>(),
    decode: new LevelTally(),
    prefill: new LevelTally(),
    whole: true,
    sequences: new Set<number>(),
    intervals: new Samples(MAX_INTERVALS),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
