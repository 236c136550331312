/** The choice of the next token. */
import { type Candidates, draw } from "./draw.ts";
import type { SamplingOptions } from "./options.ts";
import { drawKey } from "./random.ts";
import { argmax, highest } from "./select.ts";

/** Where in which text a token is chosen. */
export interface SamplingContext {
  /** Position of the token to be chosen, from the beginning of the sequence: it picks the random numbers. */
  readonly position: number;
  /** Token ids that `repetitionPenalty` applies to: the window is the caller's choice. */
  readonly history: ArrayLike<number>;
}

/** Top-p usually needs few tokens: look at this many before all of them. */
const FIRST_LOOK = 256;
/** Scores that are further below the highest one weigh nothing, not even all of them together. */
const WEIGHTLESS = -50;

/**
 * Returns the id of the next token. `logits` has one number a token; it is as before when this returns. The same arguments give
 * the same token. The filters come in llama.cpp's default order (`common_params_sampling::samplers` in `common/common.h`):
 * repetition penalty, top-k, top-p, min-p, temperature; so temperature does not change which tokens remain.
 *
 * Throws a RangeError when no logit is above minus infinity: the model's output is broken.
 */
export function sample(
  logits: Float32Array,
  options: SamplingOptions,
  { position, history }: SamplingContext,
): number {
  const unchanged = penalize(logits, options.repetitionPenalty, history);
  try {
    return choose(logits, options, position);
  } finally {
    for (const [id, logit] of unchanged) logits[id] = logit;
  }
}

function choose(scores: Float32Array, options: SamplingOptions, position: number): number {
  const best = argmax(scores);
  if (best < 0) {
    throw new RangeError(`Cannot choose a token: all ${scores.length} logits are NaN or minus infinity`);
  }
  const { temperature, topK, seed } = options;
  if (temperature === 0 || topK === 1 || scores[best] === Infinity) return best;
  const left = candidates(scores, best, options);
  return draw(scores, left, { best, temperature, key: drawKey(seed, position) });
}

/**
 * Divides positive logits of seen tokens by the penalty, multiplies negative ones (Keskar et al. 2019, section 4.1), where they
 * stand: a copy of a large vocabulary's would cost more than the choice. Returns what they were.
 */
function penalize(logits: Float32Array, penalty: number, history: ArrayLike<number>): ReadonlyMap<number, number> {
  const before = new Map<number, number>();
  if (penalty === 1) return before;
  for (let at = 0; at < history.length; at++) {
    const id = history[at] ?? -1;
    const logit = logits[id];
    if (logit === undefined || before.has(id)) continue;
    before.set(id, logit);
    logits[id] = logit > 0 ? logit / penalty : logit * penalty;
  }
  return before;
}

/** The tokens that top-k, top-p and min-p leave. The most likely one always remains. */
function candidates(scores: Float32Array, best: number, { topK, topP, minP }: SamplingOptions): Candidates {
  const peak = scores[best] ?? 0;
  const floor = minP === 0 ? -Infinity : peak + Math.log(minP);
  let ids = topK > 0 && topK < scores.length ? highest(scores, topK) : undefined;
  if (topP < 1) ids = nucleus(scores, ids, peak, topP);
  if (ids === undefined) return { floor };
  // They are sorted: what does not reach the floor stands at the end.
  const end = ids.findIndex((id) => (scores[id] ?? NaN) < floor);
  return { ids: end < 0 ? ids : ids.subarray(0, end) };
}

/** The fewest most likely tokens that have `topP` of the mass of `ids` (sorted; all tokens when undefined) together. */
function nucleus(scores: Float32Array, ids: Int32Array | undefined, peak: number, topP: number): Int32Array {
  const wanted = topP * (ids === undefined ? mass(scores, peak) : massOf(scores, ids, peak));
  for (let look = FIRST_LOOK;; look *= 8) {
    const sorted = ids ?? highest(scores, look);
    let sum = 0;
    for (let at = 0; at < sorted.length; at++) {
      sum += weight(scores[sorted[at] ?? 0], peak);
      if (sum >= wanted) return sorted.subarray(0, at + 1);
    }
    if (ids !== undefined || look >= scores.length) return sorted;
  }
}

/** Unnormalised probability. */
function weight(score: number | undefined, peak: number): number {
  const below = (score ?? NaN) - peak;
  // Written so that NaN weighs nothing either.
  return below > WEIGHTLESS ? Math.exp(below) : 0;
}

function mass(scores: Float32Array, peak: number): number {
  let sum = 0;
  for (let id = 0; id < scores.length; id++) sum += weight(scores[id], peak);
  return sum;
}

function massOf(scores: Float32Array, ids: Int32Array, peak: number): number {
  let sum = 0;
  for (let at = 0; at < ids.length; at++) sum += weight(scores[ids[at] ?? 0], peak);
  return sum;
}
