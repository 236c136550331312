/**
 * The parameters of OpenAI's generating endpoints, as clients send them: also with the values by which they say that they
 * want nothing special (`null`, `""`, -1), and under the names that other servers gave them.
 */
import * as v from "valibot";
import { MAX_LOGIT_BIASES, MAX_TOP } from "../../../models/sampling/mod.ts";
import { MAX_STOP_CHARACTERS } from "../../conversation/protocol.ts";

/** Which of the two generating endpoints. */
export type Endpoint = "completions" | "chat";

/** Answers that one request may ask for, all prompts together. */
export const MAX_CHOICES = 64;

const whole = (least: number) =>
  v.pipe(
    v.number("must be a number"),
    v.integer("must be a whole number"),
    v.minValue(least, `must be ${least} or more`),
  );
const number = v.number("must be a number");
const flag = v.boolean("must be true or false");

/** -1 stands for "no limit" in several clients. */
const limit = v.nullish(v.union([v.literal(-1), whole(1)], "must be a whole number above 0, or -1 for no limit"));

const Stop = v.pipe(
  v.string("must be a string"),
  v.maxLength(MAX_STOP_CHARACTERS, `must have at most ${MAX_STOP_CHARACTERS} characters`),
);

/** Takes what asks for nothing, and refuses the rest in a sentence. */
const only = (fits: (value: unknown) => boolean, sentence: string) => v.optional(v.custom<unknown>(fits, sentence));
const isNothing = (value: unknown) => value === null || value === undefined || value === false;
const isEmpty = (value: unknown) => isNothing(value) || value === "" || (Array.isArray(value) && value.length === 0);
const isPlainText = (value: unknown) => {
  return isNothing(value) || (typeof value === "object" && (value as { type?: unknown }).type === "text");
};

const NO_SCHEMA = "cannot be served: answers are plain text only; leave it out";

/** Other servers' names for what an answer's form is to be: without it a program could not read the answer. */
const FORMS = ["grammar", "json_schema", "guided_json", "guided_regex", "guided_choice", "guided_grammar"] as const;
type Form = typeof FORMS[number];

/** What both endpoints have in common. */
const Common = {
  model: v.nullish(v.string("must be a string")),
  stream: v.nullish(flag),
  stream_options: v.nullish(v.object({ include_usage: v.nullish(flag) }, "must be an object")),
  /** llama.cpp's: a stream tells how far the prompt has been read. */
  return_progress: v.nullish(flag),
  max_tokens: limit,
  max_completion_tokens: limit,
  temperature: v.nullish(number),
  top_p: v.nullish(number),
  top_k: v.nullish(number),
  min_p: v.nullish(number),
  repetition_penalty: v.nullish(number),
  /** llama.cpp's and Ollama's name for it. */
  repeat_penalty: v.nullish(number),
  presence_penalty: v.nullish(number),
  frequency_penalty: v.nullish(number),
  seed: v.nullish(number),
  stop: v.nullish(
    v.union(
      [Stop, v.pipe(v.array(Stop), v.maxLength(16, "may have at most 16 strings"))],
      "must be a string, or up to 16 of them",
    ),
  ),
  n: v.nullish(v.pipe(whole(1), v.maxValue(MAX_CHOICES, `must be ${MAX_CHOICES} or less`))),
  logit_bias: v.nullish(
    v.pipe(
      v.record(
        v.string(),
        v.pipe(number, v.minValue(-100, "must be -100 or more"), v.maxValue(100, "must be 100 or less")),
        "must be an object of token ids and numbers",
      ),
      v.check(
        (biases) => Object.keys(biases).length <= MAX_LOGIT_BIASES,
        `may name at most ${MAX_LOGIT_BIASES} tokens`,
      ),
      v.check(
        (biases) => Object.keys(biases).every((token) => /^\d{1,9}$/.test(token)),
        "must be an object whose names are token ids",
      ),
    ),
  ),
  /** How fast the answer must be, in one of several forms: see `plans/target.ts`. */
  slo: v.optional(v.unknown()),
  slo_strict: v.nullish(flag),
  response_format: only(isPlainText, `${NO_SCHEMA}, or send {"type": "text"}`),
  ...Object.fromEntries(FORMS.map((name) => [name, only(isEmpty, NO_SCHEMA)])) as Record<Form, ReturnType<typeof only>>,
};

/** How many of the likeliest tokens are told. */
const top = v.pipe(whole(0), v.maxValue(MAX_TOP, `must be ${MAX_TOP} or less`));

export const CompletionParameters = v.object({
  ...Common,
  prompt: v.union(
    [v.string(), v.array(v.string()), v.array(v.number()), v.array(v.array(v.number()))],
    "must be a string, an array of token ids, or an array of either",
  ),
  echo: v.nullish(flag),
  /** A number, as of old: 0 tells of the answer's own tokens alone. */
  logprobs: v.nullish(v.union([v.literal(false), top], `must be a whole number from 0 to ${MAX_TOP}`)),
  best_of: v.nullish(whole(1)),
  suffix: only(isEmpty, "is not supported: no model of this mesh fills in the middle; leave it out"),
});
export type CompletionParameters = v.InferOutput<typeof CompletionParameters>;

const NO_TOOLS = 'cannot be served: this server has no tools yet; leave it out, or send "tool_choice": "none"';

const Message = v.object({
  role: v.string("must be a string"),
  /** Absent or null where an assistant called tools or refused. */
  content: v.nullish(v.union([v.string(), v.array(v.unknown())], "must be a string, or an array of parts")),
  refusal: v.nullish(v.string()),
  tool_calls: v.nullish(v.array(v.unknown())),
}, "must be an object with a role and a content");
export type Message = v.InferOutput<typeof Message>;

const ChatObject = v.object({
  ...Common,
  messages: v.pipe(
    v.array(Message, "must be an array of messages"),
    v.minLength(1, "must have a message"),
    v.maxLength(1024, "may have at most 1024 messages"),
  ),
  tools: v.optional(v.unknown()),
  tool_choice: v.optional(v.unknown()),
  functions: only(isEmpty, NO_TOOLS),
  logprobs: v.nullish(v.union([flag, v.literal(0)], 'must be true or false; how many is said by "top_logprobs"')),
  top_logprobs: v.nullish(top),
  audio: only(isNothing, "is not supported: answers are text"),
});

/** Tools may be named where none is to be called. */
export const ChatParameters = v.pipe(
  ChatObject,
  v.forward(
    v.check(({ tools, tool_choice }) => isEmpty(tools) || tool_choice === "none", NO_TOOLS),
    ["tools"],
  ),
  v.forward(
    v.check(
      ({ tool_choice }) => isNothing(tool_choice) || tool_choice === "none" || tool_choice === "auto",
      "cannot be served: this server has no tools yet",
    ),
    ["tool_choice"],
  ),
  v.forward(
    v.check(({ logprobs, top_logprobs }) => !top_logprobs || logprobs === true, 'goes along with "logprobs": true'),
    ["top_logprobs"],
  ),
);
export type ChatParameters = v.InferOutput<typeof ChatObject>;

export type CommonParameters = Pick<ChatParameters, keyof typeof Common>;

/** Parameters that change nothing about an answer: whom to bill, what to remember, how soon it matters. */
const HARMLESS = ["user", "store", "metadata", "service_tier", "safety_identifier", "parallel_tool_calls"];

/** Parameters that are read, or refused where they ask for something. */
const READ: Readonly<Record<Endpoint, ReadonlySet<string>>> = {
  completions: new Set([...Object.keys(CompletionParameters.entries), ...HARMLESS]),
  chat: new Set([...Object.keys(ChatObject.entries), ...HARMLESS]),
};

/** Of two parameters that say the same the first counts. */
const SAME = [["max_completion_tokens", "max_tokens"], ["repetition_penalty", "repeat_penalty"]] as const;

/** The names of parameters that have no effect here, though the client may expect one. */
export function ignoredIn(endpoint: Endpoint, body: unknown, parameters: CommonParameters): string[] {
  if (typeof body !== "object" || body === null) return [];
  const names = Object.entries(body).filter(([, value]) => !isEmpty(value)).map(([name]) => name);
  const overruled = SAME.filter(([first, second]) => {
    const [counts, other] = [parameters[first] ?? undefined, parameters[second] ?? undefined];
    return counts !== undefined && other !== undefined && counts !== other;
  });
  const unknown = names.filter((name) => !READ[endpoint].has(name)).map((name) => name.slice(0, 64));
  return [...overruled.map(([, second]) => second), ...unknown].slice(0, 32);
}
