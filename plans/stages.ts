/** What is predicted of each part of a plan. */

/** One device's part. */
export interface StagePrediction {
  readonly device: string;
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
  readonly usableBytes: number;
  /** Compute for the prompt. */
  readonly prefillMilliseconds: number;
  /** Compute for each further token. */
  readonly decodeMilliseconds: number;
  /** Compute for a whole request. */
  readonly requestMilliseconds: number;
  /** The same with the cost of blocks that the device does not hold yet. */
  readonly chargedMilliseconds: number;
}

/** One transfer of the pipeline; the last is the token's way back. */
export interface LinkPrediction {
  readonly from: string;
  readonly to: string;
  readonly name: string;
  readonly prefillMilliseconds: number;
  readonly decodeMilliseconds: number;
  /** All transfers of a whole request, round trips counted. */
  readonly requestMilliseconds: number;
  /** The time for which they keep the link busy. */
  readonly busyMilliseconds: number;
  /** The same for one token of the answer. */
  readonly tokenMilliseconds: number;
  /** Whether this is the way back. */
  readonly back: boolean;
}
