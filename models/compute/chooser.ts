/**
 * Runs the model that chooses levels (`onnx/chooser.ts`) on a prompt. Its graph is a blob that may have come from another
 * device: what it gives is checked, and it is loaded when it is first asked.
 */
import { CHOOSER_TOKENS, PROMPT_SHARES } from "../elastic.ts";
import { runOnce } from "./bind.ts";
import type { KernelGraph, Kernels } from "./kernels.ts";
import { slowDown } from "./slow-down.ts";

/** What a chooser is asked. */
export interface ChoiceRequest {
  /** Where its graph lies on this device. */
  readonly path: string;
  /** The prompt's, by the ids of the model that it chooses for: 1 to `CHOOSER_TOKENS`. */
  readonly tokens: Int32Array;
  /** Levels of that model. */
  readonly levels: number;
}

/** What a chooser thinks of a prompt. */
export interface Choice {
  /** How much each token matters to the answer, 0 to 1. */
  readonly keep: Float32Array;
  /** The probability of a right answer at each prompt level (`PROMPT_SHARES`) and model level (the least first). */
  readonly right: readonly (readonly number[])[];
  /** What the run took, loading left out. */
  readonly milliseconds: number;
}

/** Choosers that stay loaded, the last used ones: each takes half a megabyte, and a mesh serves few models. */
const KEPT = 4;

/** The choosers of a device's models, loaded when they are first asked. */
export class Choosers {
  readonly #kernels: Kernels;
  readonly #slowdown: number;
  readonly #loaded = new Map<string, KernelGraph>();

  constructor(kernels: Kernels, slowdown: number) {
    this.#kernels = kernels;
    this.#slowdown = slowdown;
  }

  /** @throws {RangeError} for tokens out of bounds, {KernelError} or {Error} where the graph is no chooser for this model. */
  async choose({ path, tokens, levels }: ChoiceRequest): Promise<Choice> {
    const { length } = tokens;
    if (length < 1 || length > CHOOSER_TOKENS) {
      throw new RangeError(`Cannot choose levels for a prompt of ${length} tokens; the most is ${CHOOSER_TOKENS}`);
    }
    const graph = await this.#graph(path);
    const [keep, right] = [new Float32Array(length), new Float32Array(PROMPT_SHARES.length * levels)];
    const begin = performance.now();
    const input = this.#kernels.tensor(tokens, [1, length]);
    const outputs = {
      keep: this.#kernels.tensor(keep, [length]),
      right: this.#kernels.tensor(right, [PROMPT_SHARES.length, levels]),
    };
    try {
      await runOnce(graph, { tokens: input }, outputs);
    } finally {
      for (const tensor of [input, outputs.keep, outputs.right]) tensor.close();
    }
    const milliseconds = slowDown(performance.now() - begin, this.#slowdown);
    for (const share of [...keep, ...right]) {
      if (!(share >= 0 && share <= 1)) throw new Error(`The chooser gave ${share} where 0 to 1 was due.`);
    }
    const rows = PROMPT_SHARES.map((_, at) => [...right.subarray(at * levels, (at + 1) * levels)]);
    return { keep, right: rows, milliseconds };
  }

  async #graph(path: string): Promise<KernelGraph> {
    const graph = this.#loaded.get(path) ?? await this.#kernels.load(path);
    this.#loaded.delete(path);
    this.#loaded.set(path, graph);
    const [oldest] = this.#loaded;
    if (oldest !== undefined && this.#loaded.size > KEPT) {
      this.#loaded.delete(oldest[0]);
      oldest[1].close();
    }
    return graph;
  }

  close(): void {
    for (const graph of this.#loaded.values()) graph.close();
    this.#loaded.clear();
  }
}
