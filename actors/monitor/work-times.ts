/** How long blocks take here, learnt from the steps that segments really run. */
import type { BlockTime } from "../leader/protocol.ts";
import { Samples } from "./samples.ts";

/** Decode steps and prefill chunks that a median is taken over. */
const WINDOW = 31;
/** Below this many, a median is too easily one odd step. */
const ENOUGH = 5;
/** A prefill chunk of fewer tokens says more of decode than of prefill. */
const PREFILL_TOKENS = 32;

/** Collects times by model and block. */
export class WorkTimes {
  readonly #overhead = new Samples(WINDOW);
  readonly #models = new Map<string, Map<number, { readonly decode: Samples; readonly prefill: Samples }>>();

  /**
   * Takes a step's times. Only steps of a single row count: one token for decode, a long chunk for prefill.
   * @param first the index of the segment's first block
   */
  record(model: string, first: number, tokens: number, blockMilliseconds: readonly number[]): void {
    if (tokens !== 1 && tokens < PREFILL_TOKENS) return;
    const blocks = this.#models.get(model) ?? new Map();
    this.#models.set(model, blocks);
    for (const [offset, milliseconds] of blockMilliseconds.entries()) {
      const times = blocks.get(first + offset) ?? { decode: new Samples(WINDOW), prefill: new Samples(WINDOW) };
      blocks.set(first + offset, times);
      if (tokens === 1) times.decode.add(milliseconds);
      else times.prefill.add(milliseconds / tokens);
    }
  }

  /** Takes what a decode step took beyond its blocks: messages to the compute worker and back. */
  recordOverhead(milliseconds: number): void {
    this.#overhead.add(milliseconds);
  }

  /** The median of it, or undefined where too little is known. */
  overheadMilliseconds(): number | undefined {
    return this.#overhead.count < ENOUGH ? undefined : this.#overhead.median();
  }

  /** The medians of a model's blocks of which enough is known. */
  of(model: string): BlockTime[] {
    const known: BlockTime[] = [];
    for (const [index, { decode, prefill }] of this.#models.get(model) ?? []) {
      if (decode.count < ENOUGH) continue;
      known.push({
        index,
        decodeMilliseconds: decode.median() ?? 0,
        ...(prefill.count === 0 ? {} : { prefillMillisecondsPerToken: prefill.median() ?? 0 }),
      });
    }
    return known;
  }

  /** The models of which something is known. */
  models(): string[] {
    return [...this.#models.keys()];
  }
}
