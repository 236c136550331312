/**
 * Tokens of one sequence that attend one by one, through a layer at about the speed of a chunk: all that goes before and after
 * the attention is computed for all of them together, and gives each the bits that it would get alone (`row-agreement.ts`).
 *
 * The layer runs twice. First up to its attention, which also fills the cache; then from there on, with the attention of each
 * token, which a graph without weights has computed in between. Where the layer must run both sides at once, the other side
 * has nothing to do, or a single token of no meaning in a cache of its own.
 */
import type { Architecture } from "../manifest.ts";
import { attentionGraph, queryKeyValueSize } from "../onnx/mod.ts";
import { bind, runOnce, type Tensors } from "./bind.ts";
import type { CacheTensors } from "./caches.ts";
import { free } from "./free.ts";
import type { Gates } from "./gates.ts";
import type { KernelGraph, Kernels, KernelTensor } from "./kernels.ts";
import type { Positions } from "./positions.ts";
import type { SingleRow } from "./single-row.ts";

/** What the layers of a segment share and a replay makes use of. */
export interface ReplaySurroundings {
  readonly positions: Positions;
  readonly gates: Gates;
  readonly single: SingleRow;
}

/** Tokens of one sequence in one layer. */
export interface ReplayTokens {
  readonly graph: KernelGraph;
  /** Of the sequence's slot alone. */
  readonly cache: CacheTensors;
  /** Position of the first token. */
  readonly position: number;
  readonly count: number;
  /** Hidden states [1, count, width], and where they go. */
  readonly from: KernelTensor;
  readonly to: KernelTensor;
}

/** Runs replays, in the layers of one segment. */
export class Replay {
  readonly #kernels: Kernels;
  readonly #architecture: Architecture;
  readonly #surroundings: ReplaySurroundings;
  /** The operator by itself; made when it is needed first. */
  #attention: KernelGraph | undefined;

  constructor(kernels: Kernels, architecture: Architecture, surroundings: ReplaySurroundings) {
    this.#kernels = kernels;
    this.#architecture = architecture;
    this.#surroundings = surroundings;
  }

  /** Runs tokens through a layer. @throws {KernelError} */
  async run(tokens: ReplayTokens): Promise<void> {
    const { heads, headSize } = this.#architecture;
    const [inSize, outSize] = [queryKeyValueSize(this.#architecture), heads * headSize];
    const queryKeyValue = new Float32Array(tokens.count * inSize);
    const attended = new Float32Array(tokens.count * outSize);
    try {
      await this.#before(tokens, queryKeyValue);
      await this.#attend(tokens, queryKeyValue, attended);
      await this.#after(tokens, attended);
    } finally {
      free(queryKeyValue);
      free(attended);
    }
  }

  close(): void {
    this.#attention?.close();
  }

  /** Everything up to the attention, of all tokens; their keys and values are in the cache then. */
  async #before({ graph, cache, position, count, from }: ReplayTokens, queryKeyValue: Float32Array): Promise<void> {
    const { positions, gates } = this.#surroundings;
    const { width } = this.#architecture;
    const nothing = this.#kernels.tensor(new Float32Array(1), [0, count, width]);
    const result = this.#kernels.tensor(queryKeyValue, [1, count, queryKeyValueSize(this.#architecture)]);
    positions.set([position + count - 1]);
    try {
      const gate = { attended_rows: gates.shut, attended_before: gates.none };
      const inputs = { hidden: from, residual: nothing, ...gate, ...pastOf(cache), ...positions.tensors(1) };
      await runOnce(graph, inputs, { query_key_value: result, hidden_out: nothing, ...presentOf(cache) });
    } finally {
      nothing.close();
      result.close();
    }
  }

  /** The attention of each token by itself. */
  async #attend({ cache, position, count }: ReplayTokens, given: Float32Array, results: Float32Array): Promise<void> {
    const { positions } = this.#surroundings;
    const [inSize, outSize] = [given.length / count, results.length / count];
    this.#attention ??= this.#kernels.parse(attentionGraph(this.#architecture).encode(""));
    const [one, result] = [new Float32Array(inSize), new Float32Array(outSize)];
    const tensors = [this.#kernels.tensor(one, [1, 1, inSize]), this.#kernels.tensor(result, [1, 1, outSize])] as const;
    const inputs = { query_key_value: tensors[0], ...pastOf(cache), ...positions.tensors(1) };
    const binding = bind(this.#attention, inputs, { attended: tensors[1], ...presentOf(cache) });
    try {
      for (let token = 0; token < count; token++) {
        positions.set([position + token]);
        one.set(given.subarray(token * inSize, (token + 1) * inSize));
        await binding.run();
        results.set(result, token * outSize);
      }
    } finally {
      binding.close();
      for (const tensor of tensors) tensor.close();
    }
  }

  /** Everything after the attention, of all tokens. */
  async #after({ graph, count, from, to }: ReplayTokens, attended: Float32Array): Promise<void> {
    const { positions, gates, single } = this.#surroundings;
    const { kvHeads, headSize } = this.#architecture;
    const elsewhere = () => this.#kernels.tensor(new Float32Array(kvHeads * headSize), [1, kvHeads, 1, headSize]);
    const cache = { key: elsewhere(), value: elsewhere() };
    const before = this.#kernels.tensor(attended, [1, count, attended.length / count]);
    positions.set([0]);
    try {
      const gate = { attended_rows: gates.shut, attended_before: before };
      const inputs = { hidden: single.from, residual: from, ...gate, ...pastOf(cache), ...positions.tensors(1) };
      await runOnce(graph, inputs, { hidden_out: to, ...presentOf(cache) });
    } finally {
      for (const tensor of [cache.key, cache.value, before]) tensor.close();
    }
  }
}

/** The cache of a batch as inputs of the attention operator… */
export function pastOf({ key, value }: CacheTensors): Tensors {
  return { past_key: key, past_value: value };
}

/** …and as its outputs: it is updated where it lies. */
export function presentOf({ key, value }: CacheTensors): Tensors {
  return { present_key: key, present_value: value };
}
