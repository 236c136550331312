/** One run of a prompt and its answer; milliseconds. */
export interface Measurement {
  /** To the first token. */
  readonly prefill: number;
  /** Between each two tokens that follow. */
  readonly decode: readonly number[];
}
