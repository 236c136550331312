/** What a plan is expected to do, in the form that travels with it. Pure. */
import type { Planned } from "../../plans/mod.ts";
import type { ActivePlan, PlanForecast } from "../plan.ts";

/** The planner's prediction, proof and verdict. */
export function forecastOf(
  { prediction, gap, solver, proofs, instead }: Planned,
  verdict: string | undefined,
): PlanForecast {
  const { promptTokens, ttftMilliseconds, tpotMilliseconds, tokensPerSecond, requests } = prediction;
  const { bottleneck, stages, links } = prediction;
  return {
    promptTokens,
    ttftMilliseconds,
    tpotMilliseconds,
    tokensPerSecond,
    requests,
    bottleneck: `${bottleneck.name} (${bottleneck.kind})`,
    solver,
    gap,
    proofs: proofs.map(({ solver, bound }) => ({ solver, bound })),
    ...(instead === undefined ? {} : { instead }),
    verdict: verdict ?? "",
    stages: stages.map(({ device, decodeMilliseconds, usableBytes }) => ({ device, decodeMilliseconds, usableBytes })),
    links: links.map(({ name, decodeMilliseconds }) => ({ name, decodeMilliseconds })),
  };
}

/** Measurements are not better than this. */
const NOISE = 0.02;

/** Who has decided on a plan, and what they expect of it. */
type Judgement = Pick<ActivePlan, "planner"> & { readonly forecast: PlanForecast | undefined };

/**
 * The plan in force as it is judged now: with what is forecast of it, where that is looked for and says more than was known,
 * or as another's choice, such as a split that people pin while it is in force. Undefined where there is no news.
 */
export function seenClearer(
  plan: ActivePlan,
  { planner, forecast }: Judgement,
  review: boolean,
): ActivePlan | undefined {
  const { forecast: _before, ...rest } = plan;
  if (planner !== plan.planner) return { ...rest, planner, ...(forecast === undefined ? {} : { forecast }) };
  return review && forecast !== undefined && saysMore(plan.forecast, forecast) ? { ...plan, forecast } : undefined;
}

/** Whether a forecast of the same plan says more: other numbers, beyond noise, another proof, or the first verdict. */
export function saysMore(before: PlanForecast | undefined, after: PlanForecast): boolean {
  if (before === undefined || after.proofs.length > before.proofs.length) return true;
  if (before.verdict === "" && after.verdict !== "") return true;
  const numbers = ["ttftMilliseconds", "tpotMilliseconds", "tokensPerSecond"] as const;
  return numbers.some((name) => Math.abs(after[name] - before[name]) > NOISE * Math.abs(before[name]));
}
