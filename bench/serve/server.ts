/** Whoever answers prompts here: llama.cpp or a mesh. */

/** A prompt as a client sends it. */
export interface Request {
  readonly prompt: readonly number[];
  /** Tokens of the answer. */
  readonly tokens: number;
  /** As clients leave it by default, each answer is drawn anew; 0 takes the likeliest token. Default: 1. */
  readonly temperature?: number;
  /** Which device it is sent to, in turns. Default: the first. */
  readonly through?: number;
}

/** When the tokens of an answer came, in milliseconds of `performance.now`. */
export interface Answer {
  readonly sent: number;
  readonly arrivals: readonly number[];
}

/** Requests that a throughput is predicted for. */
export interface Expected {
  readonly load: number;
  readonly promptTokens: number;
  readonly tokens: number;
}

export interface Server extends AsyncDisposable {
  /** `onToken` hears how many tokens have come, after each. */
  answer(request: Request, onToken?: (count: number) => void): Promise<Answer>;
  /** Tokens a second that the planner expects of the plan in force; undefined where there is no planner. */
  predict(expected: Expected): Promise<number | undefined>;
}
