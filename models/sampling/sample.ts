/** The choice of the next token. */
import { type Candidates, draw } from "./draw.ts";
import { needsHistory, type SamplingOptions } from "./options.ts";
import { drawKey } from "./random.ts";
import { argmax, highest } from "./select.ts";

/** Where in which text a token is chosen. */
export interface SamplingContext {
  /** Position of the token to be chosen, from the beginning of the sequence: it picks the random numbers. */
  readonly position: number;
  /** Token ids that the penalties apply to: the window is the caller's choice. */
  readonly history: ArrayLike<number>;
}

/** Top-p usually needs few tokens: look at this many before all of them. */
const FIRST_LOOK = 256;
/** Scores that are further below the highest one weigh nothing, not even all of them together. */
const WEIGHTLESS = -50;

/**
 * Returns the id of the next token. `logits` has one number a token; it is as before when this returns. The same arguments
 * give the same token. Biases and filters come in llama.cpp's default order (`common_sampler_init` in `common/sampling.cpp`):
 * logit bias, penalties, top-k, top-p, min-p, temperature; so temperature does not change which tokens remain.
 *
 * Throws a RangeError when no logit is above minus infinity: the model's output is broken.
 */
export function sample(
  logits: Float32Array,
  options: SamplingOptions,
  { position, history }: SamplingContext,
): number {
  const before = adjust(logits, options, history);
  try {
    return choose(logits, options, position);
  } finally {
    for (const [id, logit] of before) logits[id] = logit;
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
 * Adds biases and takes penalties off, where the logits stand: a copy of a large vocabulary's would cost more than the
 * choice. Returns what they were.
 */
function adjust(
  logits: Float32Array,
  options: SamplingOptions,
  history: ArrayLike<number>,
): ReadonlyMap<number, number> {
  const before = new Map<number, number>();
  for (const [id, bias] of options.logitBias) {
    const logit = logits[id];
    if (logit === undefined) continue;
    if (!before.has(id)) before.set(id, logit);
    logits[id] = logit + bias;
  }
  if (needsHistory(options)) penalize(logits, options, history, before);
  return before;
}

/**
 * Divides positive logits of seen tokens by the repetition penalty and multiplies negative ones (Keskar et al. 2019, section
 * 4.1), then takes off what OpenAI's presence and frequency penalties ask for. Notes what was there in `before`.
 */
function penalize(
  logits: Float32Array,
  { repetitionPenalty, presencePenalty, frequencyPenalty }: SamplingOptions,
  history: ArrayLike<number>,
  before: Map<number, number>,
): void {
  for (const [id, times] of countsOf(history)) {
    const logit = logits[id];
    if (logit === undefined) continue;
    if (!before.has(id)) before.set(id, logit);
    const repeated = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
    logits[id] = repeated - presencePenalty - times * frequencyPenalty;
  }
}

function countsOf(history: ArrayLike<number>): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (let at = 0; at < history.length; at++) {
    const id = history[at] ?? -1;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
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
