/** The choice of the next token from the model's logits. */
export { defaultSampling, type SamplingOptions, validateSampling } from "./options.ts";
export { sample, type SamplingContext } from "./sample.ts";
