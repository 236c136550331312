/** Weighs prompts for gateways: this device reads them anyway, and has the model that chooses levels beside the tokenizer. */
import type { Choice } from "../../models/compute/mod.ts";
import { CHOOSER_TOKENS, levelsOf, PROMPT_SHARES } from "../../models/elastic.ts";
import type { Manifest } from "../../models/manifest.ts";
import { compress, type Reading } from "../../models/text/mod.ts";
import { errorText } from "../../runtime/error-text.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Studied } from "../conversation/study.ts";
import { promptBytes } from "../conversation/protocol.ts";
import { planNumbered } from "../plan.ts";
import type { PromptWay, Weigh, Weighed } from "../weighing.ts";
import { charge, discharge } from "./charges.ts";
import { heldAt } from "./held.ts";
import type { SupervisorOptions, SupervisorState } from "./state.ts";

/** How long a chooser is waited for: it comes behind the step under way. What it takes is part of the time to the first token. */
export const CHOOSER_MILLISECONDS = 40;

/** What there is to know of a prompt before it is answered, or why that is not to be had. Never rejects. */
export async function weigh(state: SupervisorState, message: Weigh, options: SupervisorOptions): Promise<Weighed> {
  const plan = planNumbered(state.mesh, message.plan);
  const first = heldAt(state.held, plan?.segments[0]?.ref);
  if (plan === undefined || first?.loaded.language === undefined) return unweighed("the first segment is not here");
  const { language, manifest } = first.loaded;
  const underway = [...state.conversations.values()].filter(({ model }) => model === plan.model.id).length;
  const { prompt, replyTo: { device: asker } } = message;
  if (prompt === undefined) return { type: "counted", underway };
  const bytes = promptBytes(prompt);
  const excess = charge(state, asker, bytes, options);
  if (excess !== undefined) return unweighed(excess);
  try {
    const studied = await language.study(prompt, plan.context);
    if (studied.type === "unreadable") return unweighed(studied.reason);
    const choice = await chosen(studied, manifest, options);
    const chooser = choice === undefined ? {} : { chooserMilliseconds: choice.milliseconds };
    return { type: "weighed", ways: waysOf(studied, choice), underway, ...chooser };
  } catch (error) {
    return unweighed(errorText(error));
  } finally {
    discharge(state, asker, bytes);
  }
}

type Readable = Extract<Studied, { readonly type: "studied" }>;

/** What the model's chooser thinks of a prompt; undefined where there is none, or it does not say in time. */
async function chosen(
  { tokens }: Readable,
  manifest: Manifest,
  { choose, store, clock }: SupervisorOptions,
): Promise<Choice | undefined> {
  const blob = manifest.elastic?.chooser;
  if (choose === undefined || blob === undefined || tokens.length === 0 || tokens.length > CHOOSER_TOKENS) {
    return undefined;
  }
  // A chooser that cannot be had, or fails, is none: the answer is made without.
  const asked = store.has(blob)
    .then((here) => here ? choose({ path: store.path(blob), tokens, levels: levelsOf(manifest).length }) : undefined)
    .catch(() => undefined);
  return await within(clock, CHOOSER_MILLISECONDS, asked);
}

async function within<T>(clock: Clock, milliseconds: number, asked: Promise<T>): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const cancel = clock.after(milliseconds, () => resolve(undefined));
  try {
    return await Promise.race([asked, promise]);
  } finally {
    cancel();
  }
}

/** The whole prompt, and what is left of it at each prompt level at which that is less. */
function waysOf({ promptTokens, reading }: Readable, choice: Choice | undefined): PromptWay[] {
  const whole: PromptWay = { share: 1, promptTokens };
  if (choice === undefined) return [whole];
  const [right] = choice.right;
  const shorter = reading === undefined ? [] : PROMPT_SHARES.flatMap((share, at): PromptWay[] => {
    const { prompt, dropped } = cut(reading, choice.keep, share);
    const right = choice.right[at];
    if (share === 1 || dropped === 0 || right === undefined) return [];
    return [{ share, promptTokens: promptTokens - dropped, prompt, right: [...right] }];
  });
  return [{ ...whole, ...(right === undefined ? {} : { right: [...right] }) }, ...shorter];
}

function cut(reading: Reading, keep: Float32Array, share: number) {
  const { messages, kept } = compress(reading, keep, share);
  const all = reading.words.reduce((sum, { start, end }) => sum + end - start, 0);
  const prompt = { type: "chat" as const, messages: messages.map(({ role, content }) => ({ role, content })) };
  return { prompt, dropped: all - kept };
}

function unweighed(reason: string): Weighed {
  return { type: "unweighed", reason: reason.slice(0, 1000) };
}
