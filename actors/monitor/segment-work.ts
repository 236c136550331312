/** What one segment's steps tell: how long its blocks take, and how its tokens come. */
import type { BlockTime } from "../leader/protocol.ts";
import type { StepTimes } from "../executor/state.ts";
import { type BatchFactors, type BatchSize, batchSizeOf, type BatchTally } from "./batches.ts";
import { MedianOfMeans } from "./median-of-means.ts";
import { Samples } from "./samples.ts";

/**
 * Steps after a load that are not taken for the device's speed: weights are read from disk as they are touched, code is not
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
}

/** What a segment did since the last look. */
export interface StepWindow {
  readonly model: string;
  readonly first: number;
  readonly last: number;
  /** Decode steps. */
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
  /** Times from token to token of one sequence that were seen, and their median; 0 where there were none. */
  readonly intervals: number;
  readonly tokenMilliseconds: number;
}

interface BlockSamples {
  readonly decode: Samples;
  readonly prefill: Samples;
}

/** Collects the steps of one segment. */
export class SegmentWork {
  readonly segment: WorkingSegment;
  readonly #factors: BatchFactors;
  readonly #blocks: readonly BlockSamples[];
  readonly #steps = new MedianOfMeans(MEANS);
  /** Milliseconds of a decoder layer by rows. */
  readonly #layers = new Map<BatchSize, Samples>();
  readonly #lastToken = new Map<number, number>();
  #seen = 0;
  #scale = 1;
  #window = emptyWindow();

  constructor(segment: WorkingSegment, factors: BatchFactors) {
    this.segment = segment;
    this.#factors = factors;
    this.#blocks = segment.kinds.map(() => ({ decode: new Samples(BLOCK_STEPS), prefill: new Samples(BLOCK_STEPS) }));
  }

  /** Takes a step; false where it was too cold to tell anything. */
  record(step: StepTimes): boolean {
    if (++this.#seen <= COLD_STEPS) return false;
    const { rows, tokens, blockMilliseconds } = step;
    if (tokens === rows) this.#decoded(step);
    else if (rows === 1 && tokens >= PREFILL_TOKENS) {
      for (const [at, took] of blockMilliseconds.entries()) this.#blocks[at]?.prefill.add(took / tokens);
    }
    return true;
  }

  #decoded({ rows, blockMilliseconds, at, sequences }: StepTimes): void {
    const size = batchSizeOf(rows);
    const factor = this.#factors.of(size);
    const total = sum(blockMilliseconds);
    for (const [index, took] of blockMilliseconds.entries()) this.#blocks[index]?.decode.add(took / factor);
    this.#steps.add(total / factor);
    this.#layer(size, blockMilliseconds);
    const window = this.#window;
    window.began ??= at;
    window.steps++;
    window.tokens += rows;
    window.total += total / factor;
    window.largest = Math.max(window.largest, total / factor);
    const tally = window.tallies.get(size) ?? { steps: 0, total: 0 };
    window.tallies.set(size, { steps: tally.steps + 1, total: tally.total + total });
    for (const sequence of sequences) this.#arrived(sequence, at);
  }

  #layer(size: BatchSize, blockMilliseconds: readonly number[]): void {
    const layers = blockMilliseconds.filter((_, index) => this.segment.kinds[index] === "layer");
    if (layers.length === 0) return;
    const samples = this.#layers.get(size) ?? new Samples(BLOCK_STEPS);
    this.#layers.set(size, samples);
    samples.add(sum(layers) / layers.length);
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
    const { began = now, steps, tokens, total, largest, tallies, sequences, intervals } = this.#window;
    if (steps < least) return undefined;
    this.#window = emptyWindow();
    this.#factors.learn(tallies);
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

  /** Milliseconds of a decoder layer, by the rows of a step. */
  layers(): { rows: BatchSize; steps: number; layerMilliseconds: number }[] {
    return [...this.#layers].map(([rows, samples]) => {
      return { rows, steps: samples.count, layerMilliseconds: samples.median() ?? 0 };
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
    steps: 0,
    tokens: 0,
    total: 0,
    largest: 0,
    tallies: new Map<BatchSize, BatchTally>(),
    sequences: new Set<number>(),
    intervals: new Samples(MAX_INTERVALS),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
