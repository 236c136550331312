/** What a plan is made from. Plain data; nothing here knows of networks or clocks. */

/** A run of blocks on a device, both ends included. */
export interface Run {
  readonly device: string;
  readonly first: number;
  readonly last: number;
}

/** What a block takes in memory: all that the even split needs to know of it. */
export interface BlockCost {
  readonly kind: "embed" | "layer" | "head";
  /** Bytes of weights in memory. */
  readonly weightBytes: number;
  /** Bytes of KV cache one token takes in this block; 0 where there is none. */
  readonly kvBytesPerToken: number;
}

/** A device that may take blocks: all that the even split needs to know of it. */
export interface DeviceCapacity {
  readonly device: string;
  /** What people call it, for explanations. */
  readonly name: string;
  /** Bytes that a segment may use, weights and caches together; headroom for compute buffers already taken off. */
  readonly usableBytes: number;
}

/** What the caches are sized for. */
export interface RequestShape {
  /** Positions a sequence may have. */
  readonly context: number;
  /** Sequences that may be open at once. */
  readonly concurrency: number;
  /** Tokens that the caches hold of all sequences together. Default: a whole context of each. */
  readonly cacheTokens?: number | undefined;
}

/** Who could hold what. Devices stand in the order in which they would be used. */
export interface CapacityProblem {
  readonly blocks: readonly BlockCost[];
  readonly devices: readonly DeviceCapacity[];
  readonly shape: RequestShape;
}

/** A block with what crosses the wire when the next block is on another device. */
export interface Block extends BlockCost {
  /** Bytes that leave this block a token: the hidden state; after the head the token id. */
  readonly activationBytes: number;
}

/** A device with its measured times, one entry a block. */
export interface Device extends DeviceCapacity {
  /** Time for one token of a prompt. The head's entry counts for nothing: it runs for the last position only. */
  readonly prefillMillisecondsPerToken: readonly number[];
  /** Time for one step of one sequence. */
  readonly decodeMilliseconds: readonly number[];
  /**
   * Times of a step of 1, 2, 4, 8 and 16 sequences, in steps of one: see `fitFactors`. Default: as many times as sequences.
   */
  readonly stepFactors?: readonly number[];
  /** Whether it may see what the policy calls private. */
  readonly trusted: boolean;
  /** Whether it may take blocks at all. */
  readonly allowed: boolean;
}

/** One direction between two devices. A pair without a link cannot talk in that direction. */
export interface Link {
  readonly from: string;
  readonly to: string;
  readonly roundTripMilliseconds: number;
  readonly bytesPerSecond: number;
}

/** What one typical request asks for. */
export interface Workload extends RequestShape {
  /**
   * Requests that are under way at once: what throughput counts with. `concurrency` is only how many may be. Default: as many.
   */
  readonly load?: number;
  readonly promptTokens: number;
  /** Tokens of the answer: one comes out of the prefill, the others cost a decode step each. */
  readonly outputTokens: number;
}

/** A typical request, where nothing better is known: what TTFT and latency are predicted for. */
export const typicalRequest = { promptTokens: 128, outputTokens: 128 } as const;

/**
 * What is made small.
 * - `latency`: milliseconds of one request, TTFT + n TPOT where n counts the tokens after the first.
 * - `throughput`: milliseconds a token when `load` requests are always under way, in as many lanes as serve best: the
 *   larger of the bottleneck (stage or link) and a request's latency shared among them. Many requests: EdgeShard's bottleneck; one: its latency.
 * - `lingualinked`: LinguaLinked's published sum, compute and transferred bytes, blind to round trips and to the way back.
 */
export const objectives = ["latency", "throughput", "lingualinked"] as const;
export type Objective = typeof objectives[number];

/** What people want kept where. */
export interface Policy {
  /** The embedding and so many decoder layers stay on trusted devices or the source. Default: nothing has to. */
  readonly privateLayers?: number;
  /** So does the head. Default: false. */
  readonly privateHead?: boolean;
  /** Blocks that must be on a device: what a study asks for. Default: none. */
  readonly pins?: readonly Run[];
}

/** The plan in force, and what a change costs. */
export interface CurrentPlan {
  /** The device of each block. */
  readonly devices: readonly string[];
  /** Devices that have every block on disk: what they take on need not be fetched, and loading takes a hundredth of that. */
  readonly stored?: readonly string[];
  /** Blocks that devices have on disk: the same holds for these. Default: none. */
  readonly onDisk?: ReadonlyMap<string, ReadonlySet<number>>;
  /**
   * Charged to a request for each weight byte on a device that does not hold it now: the time to fetch and load a byte,
   * divided by the requests that will profit from the move.
   */
  readonly millisecondsPerByte: number;
  /**
   * Whether it stays loaded until the next plan is: what a device takes on must then fit beside what it holds. Default:
   * memory is free to be used anew.
   */
  readonly stays?: boolean;
}

/** Who could run what, how fast, for whom. */
export interface Problem {
  /** In order: embed, the layers, head (a part of a model will do for studies). */
  readonly blocks: readonly Block[];
  readonly devices: readonly Device[];
  readonly links: readonly Link[];
  readonly shape: Workload;
  readonly objective: Objective;
  /** The device at which prompts enter. Without one, prompts enter where the first block is. */
  readonly source?: string;
  readonly policy?: Policy;
  readonly current?: CurrentPlan;
}

/** A run with what it takes: what a plan is made of. */
export interface Segment extends Run {
  /** Bytes that it takes of the device's usable memory. */
  readonly bytes: number;
}

/** What the even split answers, and the least that every planner does. */
export type Placement =
  | { readonly type: "placed"; readonly segments: readonly Segment[] }
  | { readonly type: "infeasible"; readonly reason: string };

/** Decides who holds what by memory alone. */
export type Planner = (problem: CapacityProblem) => Placement;
