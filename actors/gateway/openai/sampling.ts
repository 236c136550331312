/** The parameters that steer the choice of tokens, to what our sampler takes. Pure but for the seed that is drawn where none is named. */
import { type SamplingOptions, validateSampling, wantedOf } from "../../../models/sampling/mod.ts";
import type { CommonParameters } from "./parameters.ts";
import { refuse } from "./refuse.ts";

/** Seeds that JSON keeps apart; of larger ones what is left over counts. */
export const SEEDS = 2 ** 53;

/** By the parameters that say so, as they are called in the API. */
type Named = readonly (readonly [parameter: keyof CommonParameters, name: keyof SamplingOptions, value: unknown])[];

/** @throws {RequestError} 400 that names the parameter and what it must be. */
export function readSampling(parameters: CommonParameters): SamplingOptions {
  const { top_k: topK, top_p: topP, logit_bias: biases, repetition_penalty: repetition } = parameters;
  const named: Named = [
    ["temperature", "temperature", parameters.temperature],
    // -1 is "all" for those who count from there.
    ["top_k", "topK", topK === -1 ? 0 : topK],
    // No token alone has less, so the most likely one is left.
    ["top_p", "topP", topP === 0 ? Number.MIN_VALUE : topP],
    ["min_p", "minP", parameters.min_p],
    ["repetition_penalty", "repetitionPenalty", repetition],
    ["repeat_penalty", "repetitionPenalty", repetition ?? parameters.repeat_penalty],
    ["presence_penalty", "presencePenalty", parameters.presence_penalty],
    ["frequency_penalty", "frequencyPenalty", parameters.frequency_penalty],
    ["logit_bias", "logitBias", biases && Object.entries(biases).map(([token, bias]) => [Number(token), bias])],
  ];
  const given = named.filter(([, , value]) => value !== null && value !== undefined);
  for (const [parameter, name, value] of given) {
    const wanted = wantedOf(name, value);
    if (wanted !== undefined) refuse(parameter, `must be ${wanted}`, "invalid_value");
  }
  return validateSampling({ ...Object.fromEntries(given.map(([, ...pair]) => pair)), seed: readSeed(parameters.seed) });
}

/** Whether a client leaves the seed to us. */
export function isLeftOpen(seed: number | null | undefined): seed is null | undefined | -1 {
  return seed === null || seed === undefined || seed === -1;
}

/** Chosen here where the client leaves it open, so that an answer that is taken up again draws the same tokens. */
function readSeed(seed: number | null | undefined): number {
  if (isLeftOpen(seed)) return Math.floor(Math.random() * 2 ** 32);
  if (!Number.isInteger(seed)) refuse("seed", "must be a whole number", "invalid_value");
  return seed % SEEDS;
}
