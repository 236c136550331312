/** What steers the choice of the next token. */
export interface SamplingOptions {
  /** Divides the logits before the draw: 0 always takes the most likely token. 0 to 100. */
  readonly temperature: number;
  /** Only this many of the most likely tokens are drawn from; 0 for all. A whole number. */
  readonly topK: number;
  /** Only the most likely tokens that together have this probability are drawn from; 1 for all. Above 0, to 1. */
  readonly topP: number;
  /** Only tokens at least this many times as likely as the most likely one are drawn from; 0 for all. 0 to 1. */
  readonly minP: number;
  /** Makes tokens of the history less likely (above 1) or more likely (below 1); 1 for no effect. Above 0, to 100. */
  readonly repetitionPenalty: number;
  /** Taken off the logit of each token that is in the history at all; 0 for no effect. -100 to 100. */
  readonly presencePenalty: number;
  /** Taken off a token's logit for each time that it is in the history; 0 for no effect. -100 to 100. */
  readonly frequencyPenalty: number;
  /** The same seed at the same position draws the same number, on every device. A whole number that is safe in JSON. */
  readonly seed: number;
  /** Added to the logits of single tokens before all else: pairs of a token id and a number from -100 to 100. */
  readonly logitBias: readonly LogitBias[];
}

/** A token id, and what is added to its logit. */
export type LogitBias = readonly [token: number, bias: number];

/** Tokens that may have a bias. OpenAI takes 300. */
export const MAX_LOGIT_BIASES = 1024;

/** Draws from the model's own distribution, as OpenAI's API does when nothing is said. */
export const defaultSampling: SamplingOptions = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: 0,
  logitBias: [],
};

type Check = readonly [wanted: string, fits: (value: unknown) => boolean];

const numeric = (wanted: string, fits: (value: number) => boolean): Check => {
  return [wanted, (value) => typeof value === "number" && fits(value)];
};
const within = (least: number, most: number): Check => {
  return numeric(`a number from ${least} to ${most}`, (value) => value >= least && value <= most);
};

/** For each option what it must be, and whether a value is that. */
const RANGES: { readonly [Name in keyof SamplingOptions]: Check } = {
  temperature: within(0, 100),
  topK: numeric("a whole number, 0 or more", (value) => Number.isSafeInteger(value) && value >= 0),
  topP: numeric("a number above 0, and at most 1", (value) => value > 0 && value <= 1),
  minP: within(0, 1),
  repetitionPenalty: numeric("a number above 0, and at most 100", (value) => value > 0 && value <= 100),
  presencePenalty: within(-100, 100),
  frequencyPenalty: within(-100, 100),
  seed: numeric("a whole number between -2^53 and 2^53", Number.isSafeInteger),
  logitBias: [`at most ${MAX_LOGIT_BIASES} pairs of a token id and a number from -100 to 100`, areBiases],
};

function areBiases(value: unknown): boolean {
  return Array.isArray(value) && value.length <= MAX_LOGIT_BIASES && value.every((pair) => {
    if (!Array.isArray(pair) || pair.length !== 2) return false;
    const [token, bias] = pair as readonly unknown[];
    const isToken = typeof token === "number" && Number.isSafeInteger(token) && token >= 0;
    return isToken && typeof bias === "number" && bias >= -100 && bias <= 100;
  });
}

/** Whether the most likely token is always taken, whatever the seed. */
export function isGreedy({ temperature, topK }: SamplingOptions): boolean {
  return temperature === 0 || topK === 1;
}

/** Tokens that the penalties look back on, as in llama.cpp. */
export const HISTORY_TOKENS = 64;

/** Whether the choice depends on the tokens before it, beside the logits. */
export function needsHistory(
  { repetitionPenalty, presencePenalty, frequencyPenalty }: SamplingOptions,
): boolean {
  return repetitionPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0;
}

/**
 * Returns the options with defaults for those left out. Throws a RangeError that names the option, its value and what it
 * must be; also for one that does not exist.
 */
export function validateSampling(
  partial: { readonly [Name in keyof SamplingOptions]?: SamplingOptions[Name] | undefined },
): SamplingOptions {
  const options: Record<string, unknown> = { ...defaultSampling };
  for (const [name, value] of Object.entries(partial)) {
    if (value === undefined) continue;
    if (!isName(name)) {
      throw new RangeError(
        `Cannot sample with the option ${JSON.stringify(name.slice(0, 50))}; known are ${
          Object.keys(RANGES).join(", ")
        }`,
      );
    }
    const [wanted, fits] = RANGES[name];
    if (!fits(value)) {
      const got = typeof value === "number" ? value : JSON.stringify(value)?.slice(0, 50);
      throw new RangeError(`Cannot sample with ${name} ${got}; it must be ${wanted}`);
    }
    options[name] = value;
  }
  return { ...defaultSampling, ...options };
}

/** What an option must be, in words, where a value is not that. */
export function wantedOf(name: keyof SamplingOptions, value: unknown): string | undefined {
  const [wanted, fits] = RANGES[name];
  return fits(value) ? undefined : wanted;
}

function isName(name: string): name is keyof SamplingOptions {
  return Object.hasOwn(RANGES, name);
}
