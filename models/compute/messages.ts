/** What the main thread and the compute worker say to each other. Arrays are transferred, not copied, where they are large. */
import type { Architecture, EmbeddingType } from "../manifest.ts";
import type { CacheLayers } from "./caches.ts";
import type { Choice, ChoiceRequest } from "./chooser.ts";
import type { ComputeRates } from "./probe.ts";
import type { Rating, SamplingOptions } from "../sampling/mod.ts";

/** Where a block lies on this device. */
export type BlockFiles =
  | { readonly index: number; readonly kind: "embed"; readonly table: EmbeddingType; readonly weights: string }
  | {
    readonly index: number;
    readonly kind: "layer";
    readonly graph: string;
    readonly sha256: string;
    /** Of a small layer made of slices: it at each level below the whole, from the least. */
    readonly levels?: readonly GraphFile[];
  }
  | {
    readonly index: number;
    readonly kind: "layer";
    /** Of a large one: the graphs of each slice. */
    readonly slices: readonly { readonly attention: GraphFile; readonly feedForward: GraphFile }[];
  }
  | { readonly index: number; readonly kind: "head"; readonly graph: string; readonly sha256: string };

/** A graph on this device, and the hash of its file. */
export interface GraphFile {
  readonly graph: string;
  readonly sha256: string;
}

/** A contiguous run of blocks with KV caches of its own. Sessions are shared by segments that hold the same block. */
export interface SegmentRequest {
  readonly architecture: Architecture;
  readonly blocks: readonly BlockFiles[];
  /** Positions a sequence can have. */
  readonly context: number;
  /** Sequences that can be open at once. */
  readonly slots: number;
  /** Levels that the model has: see `Elastic.slices`. Default: 1, the whole. */
  readonly levels?: number;
}

/**
 * How the tokens of a row attend. The two ways round differently, and what a token leaves in the caches depends on it: to get
 * the same bits again, a token must be run the way it was run first.
 *
 * - `chunk`: all at once, as a prompt is read; two tokens at least, and how many makes no difference;
 * - `single`: each by itself, as answers are made, however many come in one row.
 */
export type Attention = "chunk" | "single";

/** One sequence's part of a step: `count` tokens that start at `position`, in the cache of `slot`. */
export interface StepRow {
  readonly slot: number;
  readonly position: number;
  readonly count: number;
  readonly attention: Attention;
  /**
   * Whether its tokens run by the kernels of several rows, also where it is the only row. On processors where those round
   * differently from the kernels of one row, it costs less, and the bits are not those of a row alone. Default: false.
   */
  readonly shared?: boolean;
  /** Slices of an elastic model's layers that it runs, from the first. A slot holds one level at a time. Default: all. */
  readonly level?: number;
  /** What the head does with the row's last token (all of its tokens for "logits"); ignored without a head. */
  readonly output: "none" | "logits" | Draws;
}

/** What the head draws of a row. */
export interface Draws {
  readonly sampling: SamplingOptions;
  /** The ids up to the token that is followed by the first draw, as far as penalties look back on them. */
  readonly history: Int32Array;
  /**
   * The row's tokens but the first, which are guessed: then what follows the first is drawn and, as long as that is what was
   * guessed, what follows the next. Default: one token is drawn, which follows the last of the row.
   */
  readonly guesses?: Int32Array;
  /** How many of the likeliest tokens are told with each draw, beside how likely the drawn one was. Default: nothing is told. */
  readonly logprobs?: number;
}

/** One pass of several rows through a segment's blocks. */
export interface StepRequest {
  readonly segment: number;
  readonly rows: readonly StepRow[];
  /** Token ids of all rows, one after another; used where the segment starts with the embedding. */
  readonly tokens: Int32Array;
  /** Hidden states [sum of counts, width] of all rows; absent where the segment starts with the embedding. */
  readonly hidden?: Float32Array;
}

/** What a step gives. */
export interface StepResult {
  /** Hidden states [sum of counts, width]; absent where the segment ends with the head. */
  readonly hidden?: Float32Array;
  /** A row's sampled tokens, none where it asked for none. Empty without a head. */
  readonly tokens: readonly (readonly number[])[];
  /** How likely a row's sampled tokens were, one by one, where it asked for that; absent where no row did. */
  readonly ratings?: readonly (readonly Rating[] | undefined)[];
  /** A row's logits [count, vocabulary] where it asked for them. Empty without a head. */
  readonly logits: readonly (Float32Array | undefined)[];
  /** Time in each of the segment's blocks. */
  readonly blockMilliseconds: readonly number[];
}

/** What a layer takes for so many rows of one token, each of a sequence of its own. */
export interface RowTime {
  readonly rows: number;
  readonly milliseconds: number;
}

/** To the worker. */
export type ComputeRequest =
  /** The first of all. */
  | { readonly id: number; readonly type: "configure"; readonly options: ComputeOptions }
  | { readonly id: number; readonly type: "open"; readonly segment: SegmentRequest }
  | { readonly id: number; readonly type: "close"; readonly segment: number }
  | { readonly id: number; readonly type: "step"; readonly step: StepRequest }
  /** What a slot holds of the positions from `from` to below `to`. */
  | {
    readonly id: number;
    readonly type: "read-cache";
    readonly segment: number;
    readonly layers: CacheLayers;
    readonly slot: number;
    readonly from: number;
    readonly to: number;
  }
  | {
    readonly id: number;
    readonly type: "write-cache";
    readonly segment: number;
    readonly layers: CacheLayers;
    readonly slot: number;
    readonly from: number;
    readonly data: Float32Array;
    readonly level?: number;
  }
  | {
    readonly id: number;
    readonly type: "copy-cache";
    readonly segment: number;
    readonly source: number;
    readonly target: number;
    readonly upTo: number;
  }
  | { readonly id: number; readonly type: "discard-cache"; readonly segment: number; readonly slot: number }
  | { readonly id: number; readonly type: "choose"; readonly prompt: ChoiceRequest }
  | { readonly id: number; readonly type: "probe"; readonly folder: string }
  /** The last: lets go of everything. */
  | { readonly id: number; readonly type: "stop" };

/** From the worker. */
export type ComputeResponse =
  | { readonly id: number; readonly type: "configured" }
  | {
    readonly id: number;
    readonly type: "opened";
    readonly segment: number;
    readonly milliseconds: number;
    readonly rowTimes: readonly RowTime[];
  }
  | { readonly id: number; readonly type: "closed" | "stopped" }
  | { readonly id: number; readonly type: "cache"; readonly data: Float32Array }
  | { readonly id: number; readonly type: "cache-written" }
  | { readonly id: number; readonly type: "chosen"; readonly choice: Choice }
  | { readonly id: number; readonly type: "probed"; readonly rates: ComputeRates }
  | { readonly id: number; readonly type: "stepped"; readonly result: StepResult }
  | { readonly id: number; readonly type: "failed"; readonly message: string };

/** Given to the worker when it starts. */
export interface ComputeOptions {
  /** Threads a session may use. */
  readonly threads: number;
  /** Emulates a device so many times slower: 1 for none. */
  readonly slowdown: number;
}
