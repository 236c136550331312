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
  /** The same seed at the same position draws the same number, on every device. A whole number that is safe in JSON. */
  readonly seed: number;
}

/** Draws from the model's own distribution, as OpenAI's API does when nothing is said. */
export const defaultSampling: SamplingOptions = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  seed: 0,
};

/** For each option what it must be, and whether a number is that. */
const RANGES: { readonly [Name in keyof SamplingOptions]: readonly [string, (value: number) => boolean] } = {
  temperature: ["a number from 0 to 100", (value) => value >= 0 && value <= 100],
  topK: ["a whole number, 0 or more", (value) => Number.isSafeInteger(value) && value >= 0],
  topP: ["a number above 0, and at most 1", (value) => value > 0 && value <= 1],
  minP: ["a number from 0 to 1", (value) => value >= 0 && value <= 1],
  repetitionPenalty: ["a number above 0, and at most 100", (value) => value > 0 && value <= 100],
  seed: ["a whole number between -2^53 and 2^53", Number.isSafeInteger],
};

/**
 * Returns the options with defaults for those left out. Throws a RangeError that names the option, its value and what it
 * must be; also for one that does not exist.
 */
export function validateSampling(
  partial: { readonly [Name in keyof SamplingOptions]?: SamplingOptions[Name] | undefined },
): SamplingOptions {
  const options: Record<string, number> = { ...defaultSampling };
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
    if (typeof value !== "number" || !fits(value)) {
      const got = typeof value === "number" ? value : JSON.stringify(value)?.slice(0, 50);
      throw new RangeError(`Cannot sample with ${name} ${got}; it must be ${wanted}`);
    }
    options[name] = value;
  }
  return { ...defaultSampling, ...options };
}

function isName(name: string): name is keyof SamplingOptions {
  return Object.hasOwn(RANGES, name);
}
