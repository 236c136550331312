/** Schemas that several protocols share. What comes from another device is parsed with these before an actor sees it. */
import * as v from "valibot";
import type { Manifest } from "../models/manifest.ts";
import { LEAST_LOGPROB, MAX_TOP, type SamplingOptions, validateSampling } from "../models/sampling/mod.ts";
import { validateManifest } from "../models/validate-manifest.ts";
import { errorText } from "../runtime/error-text.ts";
import { type Message, parseRef, parseReplyTo, type Ref, type Reply } from "../runtime/actor/mod.ts";

/** Rows in one forward message. */
export const MAX_ROWS = 256;
/** Tokens in one forward message, and so of one prefill chunk. */
export const MAX_STEP_TOKENS = 1024;
/** Draws after the tokens of one row: the row's token and as many guesses of what follows as are told by one number. */
export const MAX_DRAWS = 16;
/** Sequences that a segment may hold at once. */
export const MAX_SLOTS = 1024;
/** Positions a sequence may have in any model. */
export const MAX_CONTEXT = 1 << 20;
/** Levels that a model may have, as many as slices of a layer. */
export const MAX_LEVELS = 64;

export const Count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
export const Position = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_CONTEXT));
/** Slices of an elastic model's layers that run, from the first. */
export const Level = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_LEVELS));
export const TokenId = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0x7fffffff));
export const Identifier = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
export const ShortText = v.pipe(v.string(), v.maxLength(2048));
export const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
export const Milliseconds = v.pipe(v.number(), v.finite(), v.minValue(0));

/** A ref that came over the wire. What it accepts is checked where it lives, so its message type is only a promise. */
export function refTo<M extends Message>(): v.GenericSchema<unknown, Ref<M>> {
  return parsedBy((value) => parseRef<M>(value));
}

/** A ref that an ask wants its answer sent to: it can lead to a waiting ask and nowhere else. */
export function replyTo<R>(): v.GenericSchema<unknown, Ref<Reply<R>>> {
  return parsedBy((value) => parseReplyTo<R>(value));
}

/** A manifest, checked before anything is allocated or fetched for it. */
export const WireManifest: v.GenericSchema<unknown, Manifest> = parsedBy(validateManifest);

/** Sampling options, all within their ranges. */
export const Sampling: v.GenericSchema<unknown, SamplingOptions> = parsedBy((value) => {
  if (typeof value !== "object" || value === null) throw new TypeError("sampling options are an object");
  return validateSampling(value);
});

/** How many of the likeliest tokens are to be told with each draw. */
export const TopCount = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_TOP));
/** The natural logarithm of a probability. */
export const Logprob = v.pipe(v.number(), v.minValue(LEAST_LOGPROB), v.maxValue(0));
/** How likely a drawn token was, and the likeliest ones. */
export const Rating = v.object({
  logprob: Logprob,
  top: v.pipe(v.array(v.tuple([TokenId, Logprob])), v.maxLength(MAX_TOP)),
});

function parsedBy<T>(parse: (value: unknown) => T): v.GenericSchema<unknown, T> {
  return v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return parse(dataset.value);
      } catch (error) {
        addIssue({ message: errorText(error) });
        return NEVER;
      }
    }),
  );
}

/**
 * Makes the `accepts` of a behaviour from its protocol's schema: parses, or throws what was wrong with it. `speaker` names
 * the devices that a message speaks for: only they may send it.
 */
export function accepting<M>(
  schema: v.GenericSchema<unknown, M>,
  speaker: (message: M) => readonly string[] = () => [],
): (message: unknown, from: string) => M {
  return (message, from) => {
    const parsed = v.parse(schema, message);
    const other = speaker(parsed).find((device) => device !== from);
    if (other !== undefined) throw new TypeError(`${from} speaks for ${other}`);
    return parsed;
  };
}
