/** At which level, and with how much of its prompt, an answer is made. */
import type { Expected } from "../../plans/mod.ts";
import type { Prompt } from "../conversation/protocol.ts";

/** How an answer is made. */
export interface Chosen {
  /** Slices of the model's layers that run, and how many there are: equal where all of them do. */
  readonly level: number;
  readonly levels: number;
  /** The share of users' text that is kept. */
  readonly promptShare: number;
  /** What is left of the prompt; absent: all of it. */
  readonly prompt?: Prompt;
  /** What it should take, from the prompt's arrival; absent where nothing is known of that. */
  readonly predicted?: Expected;
  /** The most that it may take by its target, in milliseconds; absent where that does not say, or cannot be told. */
  readonly allowed: { readonly ttftMilliseconds?: number; readonly tpotMilliseconds?: number };
  /** Milliseconds until it was chosen, from the prompt's arrival: they are part of the time to the first token. */
  readonly choosingMilliseconds?: number;
  /** Whether it is predicted to take no longer; undefined where nothing is known of that. */
  readonly met?: boolean;
  /** A sentence where the target could not be had, and why. */
  readonly word?: string;
}
