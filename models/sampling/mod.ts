/** The choice of the next token from the model's logits. */
export {
  defaultSampling,
  HISTORY_TOKENS,
  isGreedy,
  type LogitBias,
  MAX_LOGIT_BIASES,
  needsHistory,
  type SamplingOptions,
  validateSampling,
  wantedOf,
} from "./options.ts";
export { LEAST_LOGPROB, MAX_TOP, rate, type Rating } from "./rate.ts";
export { sample, type SamplingContext } from "./sample.ts";
