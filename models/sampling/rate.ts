/** How likely a token was to the model. */
import { highest } from "./select.ts";

/** The probability of a drawn token, and those of the likeliest ones; natural logarithms. */
export interface Rating {
  readonly logprob: number;
  /** Pairs of a token id and its logarithm, the likeliest first. */
  readonly top: readonly (readonly [token: number, logprob: number])[];
}

/** Likeliest tokens that may be told of a draw: as many as OpenAI takes. */
export const MAX_TOP = 20;

/** Stands for what is less likely than numbers can say: JSON has no infinity. OpenAI's number for it. */
export const LEAST_LOGPROB = -9999;

/**
 * Rates a token by the softmax of the logits as the model gave them, as OpenAI's API does: temperature, filters, penalties and
 * biases steer the draw and are not in it. `most` is how many of the likeliest tokens are told.
 */
export function rate(logits: Float32Array, token: number, most: number): Rating {
  const ids = highest(logits, Math.max(1, most));
  const peak = logits[ids[0] ?? token] ?? NaN;
  let sum = 0;
  for (let id = 0; id < logits.length; id++) {
    const weight = Math.exp(below(logits[id] ?? NaN, peak));
    // NaN weighs nothing, as in a draw.
    if (weight > 0) sum += weight;
  }
  const log = Math.log(sum);
  const logprobOf = (id: number): number => {
    const logprob = below(logits[id] ?? NaN, peak) - log;
    return logprob > LEAST_LOGPROB ? Math.min(0, logprob) : LEAST_LOGPROB;
  };
  return { logprob: logprobOf(token), top: Array.from(ids.subarray(0, most), (id) => [id, logprobOf(id)] as const) };
}

/** How far a logit is from the highest one, which may be infinite. */
function below(logit: number, peak: number): number {
  return logit === peak ? 0 : logit - peak;
}
