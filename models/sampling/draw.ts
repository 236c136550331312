/**
 * A draw from the softmax of scores by the Gumbel-max trick (Gumbel 1954; Maddison, Tarlow and Minka, "A* Sampling", NeurIPS
 * 2014, section 2): each token's score gets noise of its own, and the highest sum wins. Unlike a walk along the cumulative
 * distribution, a score that is a last bit off moves one sum by a last bit, and not the boundaries of all tokens behind it:
 * devices that round differently draw the same token but where two sums are that close.
 */
import { type DrawKey, tokenBits } from "./random.ts";

/** No noise is larger: that of bits that are all 0. */
const MOST_NOISE = 33 * Math.LN2;

/** Which tokens may be drawn: those of `ids`, or all whose score reaches `floor`. */
export type Candidates = { readonly ids: ArrayLike<number> } | { readonly floor: number };

/**
 * Returns a token drawn with the probabilities of softmax(scores / temperature) over the candidates. `best` is the one of the
 * highest score, which is finite and always a candidate; NaN counts as minus infinity.
 */
export function draw(
  scores: Float32Array,
  candidates: Candidates,
  { best, temperature, key }: { readonly best: number; readonly temperature: number; readonly key: DrawKey },
): number {
  const race = new Race(best, scores[best] ?? NaN, temperature, key);
  if ("ids" in candidates) {
    for (let at = 0; at < candidates.ids.length; at++) race.enter(candidates.ids[at] ?? best, scores);
    return race.winner;
  }
  for (let id = 0; id < scores.length; id++) {
    // Most tokens of a large vocabulary end here: the largest noise would not lift them above the best so far.
    if ((scores[id] ?? NaN) > race.least && (scores[id] ?? NaN) >= candidates.floor) race.enter(id, scores);
  }
  return race.winner;
}

/** Keeps the token whose score and noise add up to the most. */
class Race {
  winner: number;
  /** A token needs a higher score than this, unless it is the best. */
  least: number;
  #highest: number;
  readonly #temperature: number;
  readonly #scale: number;
  readonly #first: number;
  readonly #second: number;

  constructor(id: number, score: number, temperature: number, [first, second]: DrawKey) {
    this.#temperature = temperature;
    this.#scale = 1 / temperature;
    this.#first = first;
    this.#second = second;
    this.winner = id;
    this.#highest = score * this.#scale + gumbel(tokenBits(id, first, second));
    this.least = (this.#highest - MOST_NOISE) * temperature;
  }

  enter(id: number, scores: Float32Array): void {
    const scaled = (scores[id] ?? NaN) * this.#scale;
    const bits = tokenBits(id, this.#first, this.#second);
    // Written so that NaN fails.
    if (!(scaled + noiseBound(bits) > this.#highest)) return;
    const sum = scaled + gumbel(bits);
    if (sum <= this.#highest) return;
    this.winner = id;
    this.#highest = sum;
    this.least = (sum - MOST_NOISE) * this.#temperature;
  }
}

/** A number with the standard Gumbel distribution, from 32 uniform bits: the fewer they say, the larger it is. */
function gumbel(bits: number): number {
  return -Math.log(-Math.log1p(-(bits + 0.5) / 2 ** 32));
}

/** At least `gumbel(bits)`, without a logarithm: -log(-log(1 - x)) <= -log(x), and x >= 2^-(1 + leading zeros). */
function noiseBound(bits: number): number {
  return (1 + Math.clz32(bits)) * Math.LN2;
}
