/** An elastic plan, and an API whose answers say how they went. */
import type { ActivePlan } from "../../../actors/plan.ts";
import type { PlanLevels } from "../../../actors/plan-levels.ts";
import type { Weighed } from "../../../actors/weighing.ts";
import { type ApiScene, apiScene, type Responding } from "./api-scene.ts";
import { planAt } from "./scene.ts";

/** Four levels that take 3 ms a token each, of the prompt as of the answer, and 40 ms for any prompt. */
const ELASTIC: PlanLevels = {
  stages: 2,
  linkMilliseconds: 0,
  stepFactors: [1, 1, 1, 1, 1],
  levels: [1, 2, 3, 4].map((level) => ({
    level,
    weightBytes: level,
    computeMilliseconds: 3 * level,
    slowestMilliseconds: 3 * level,
    firstMilliseconds: 40,
    tokenMilliseconds: 3 * level,
    laterTokenMilliseconds: 3 * level,
  })),
};

export const elasticPlan = (): ActivePlan => ({ ...planAt("there"), elastic: ELASTIC });
export const shorter = { type: "chat" as const, messages: [{ role: "user", content: "Hi" }] };

/** A prompt of 10 tokens, of which 4 can be left; the more there is of model and prompt, the more probably it is right. */
export const WEIGHED: Weighed = {
  type: "weighed",
  ways: [
    { share: 1, promptTokens: 10, right: [0.2, 0.4, 0.6, 0.8] },
    { share: 0.4, promptTokens: 4, prompt: shorter, right: [0.1, 0.3, 0.5, 0.7] },
  ],
  underway: 0,
};

export async function setUp(plan = elasticPlan(), target?: Parameters<typeof apiScene>[3]): Promise<ApiScene> {
  const api = await apiScene({}, undefined, undefined, target);
  api.stage.weighed = WEIGHED;
  await api.stage.publish(plan);
  return api;
}

export interface Body {
  readonly skein: Readonly<Record<string, unknown>>;
}

export async function skeinOf({ response }: Responding) {
  const { headers, ...whole } = await response;
  void whole;
  const { skein } = await (await response).json() as Body;
  return { headers, skein };
}

/** Prompts that were to be weighed. */
export function weighedIn({ stage }: ApiScene) {
  return stage.weighings.filter(({ prompt }) => prompt !== undefined);
}
