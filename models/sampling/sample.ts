/** The choice of the next token. */
import type { SamplingOptions } from "./options.ts";
import { uniform } from "./random.ts";
import { argmax, highest } from "./select.ts";

/** Where in which text a token is chosen. */
export interface SamplingContext {
  /** Position of the token to be chosen, from the beginning of the sequence: it picks the random number. */
  readonly position: number;
  /** Token ids that `repetitionPenalty` applies to: the window is the caller's choice. */
  readonly history: ArrayLike<number>;
}

/** Top-p usually needs few tokens: look at this many before all of them. */
const FIRST_LOOK = 256;

/**
 * Returns the id of the next token. `logits` has one number a token and stays as it is. The same arguments give the same
 * token. The filters come in llama.cpp's default order (`common_params_sampling::samplers` in `common/common.h`):
 * repetition penalty, top-k, top-p, min-p, temperature; so temperature does not change which tokens remain.
 *
 * Throws a RangeError when no logit is above minus infinity: the model's output is broken.
 */
export function sample(
  logits: Float32Array,
  options: SamplingOptions,
  { position, history }: SamplingContext,
): number {
  const scores = penalize(logits, options.repetitionPenalty, history);
  const best = argmax(scores);
  if (best < 0) {
    throw new RangeError(`Cannot choose a token: all ${logits.length} logits are NaN or minus infinity`);
  }
  if (options.temperature === 0 || options.topK === 1 || scores[best] === Infinity) return best;
  return draw(scores, candidates(scores, best, options), options.temperature, uniform(options.seed, position));
}

/** Divides positive logits of seen tokens by the penalty, multiplies negative ones (Keskar et al. 2019, section 4.1). */
function penalize(logits: Float32Array, penalty: number, history: ArrayLike<number>): Float32Array {
  if (penalty === 1 || history.length === 0) return logits;
  const scores = logits.slice();
  for (let at = 0; at < history.length; at++) {
    const id = history[at] ?? -1;
    const logit = logits[id];
    if (logit !== undefined) scores[id] = logit > 0 ? logit / penalty : logit * penalty;
  }
  return scores;
}

/** The tokens that top-k, top-p and min-p leave. The most likely one always remains. */
function candidates(scores: Float32Array, best: number, { topK, topP, minP }: SamplingOptions): Int32Array {
  const peak = scores[best] ?? 0;
  let ids = topK > 0 && topK < scores.length ? highest(scores, topK) : undefined;
  if (topP < 1) ids = nucleus(scores, ids, peak, topP);
  ids ??= allIds(scores.length);
  if (minP === 0) return ids;
  const floor = peak + Math.log(minP);
  return ids.filter((id) => id === best || (scores[id] ?? NaN) >= floor);
}

/** The fewest most likely tokens that have `topP` of the mass of `ids` (sorted; all tokens when undefined) together. */
function nucleus(scores: Float32Array, ids: Int32Array | undefined, peak: number, topP: number): Int32Array {
  const wanted = topP * mass(scores, ids ?? allIds(scores.length), peak);
  for (let look = FIRST_LOOK;; look *= 8) {
    const sorted = ids ?? highest(scores, look);
    let sum = 0;
    for (let at = 0; at < sorted.length; at++) {
      sum += weight(scores, sorted[at] ?? 0, peak, 1);
      if (sum >= wanted) return sorted.subarray(0, at + 1);
    }
    if (ids !== undefined || look >= scores.length) return sorted;
  }
}

/** Takes the token at which the running sum of the weights passes `random` of their total. */
function draw(scores: Float32Array, ids: Int32Array, temperature: number, random: number): number {
  let peak = -Infinity;
  for (let at = 0; at < ids.length; at++) peak = Math.max(peak, finite(scores[ids[at] ?? 0]));
  let total = 0;
  for (let at = 0; at < ids.length; at++) total += weight(scores, ids[at] ?? 0, peak, temperature);
  let rest = random * total;
  let chosen = -1;
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at] ?? 0;
    const share = weight(scores, id, peak, temperature);
    if (share === 0) continue;
    chosen = id;
    rest -= share;
    if (rest < 0) break;
  }
  return chosen;
}

/** Unnormalised probability. */
function weight(scores: Float32Array, id: number, peak: number, temperature: number): number {
  return Math.exp((finite(scores[id]) - peak) / temperature);
}

function mass(scores: Float32Array, ids: Int32Array, peak: number): number {
  let sum = 0;
  for (let at = 0; at < ids.length; at++) sum += weight(scores, ids[at] ?? 0, peak, 1);
  return sum;
}

function allIds(count: number): Int32Array {
  const ids = new Int32Array(count);
  for (let id = 0; id < count; id++) ids[id] = id;
  return ids;
}

function finite(logit: number | undefined): number {
  return logit === undefined || Number.isNaN(logit) ? -Infinity : logit;
}
