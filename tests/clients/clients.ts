/** What clients do with a daemon, one by one: each throws where it does not come out as it does with OpenAI's API. */

/** A daemon to try clients on. */
export interface Served {
  /** What clients take for OpenAI's `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** The model's name. */
  readonly model: string;
}

/** By what each tries. */
export type Calls = Readonly<Record<string, () => Promise<void>>>;

/** The calls of one client. */
export type Client = (served: Served) => Calls;

/** A prompt that the built-in model goes on with, and the settings under which it always does so in the same way. */
export const STORY = "Once upon a time";
export const CERTAIN = { temperature: 0, max_tokens: 12 } as const;
