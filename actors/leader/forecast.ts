/** What a plan is expected to do, in the form that travels with it. Pure. */
import type { Planned } from "../../plans/mod.ts";
import type { PlanForecast } from "../plan.ts";

/** The planner's prediction, proof and verdict. */
export function forecastOf(
  { prediction, gap, solver, proofs, instead }: Planned,
  verdict: string | undefined,
): PlanForecast {
  const { promptTokens, ttftMilliseconds, tpotMilliseconds, tokensPerSecond, bottleneck, stages, links } = prediction;
  return {
    promptTokens,
    ttftMilliseconds,
    tpotMilliseconds,
    tokensPerSecond,
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

/** Whether a forecast of the same plan says more than the one before: other numbers, beyond noise, or another proof. */
export function saysMore(before: PlanForecast | undefined, after: PlanForecast): boolean {
  if (before === undefined || after.proofs.length > before.proofs.length) return true;
  const numbers = ["ttftMilliseconds", "tpotMilliseconds", "tokensPerSecond"] as const;
  return numbers.some((name) => Math.abs(after[name] - before[name]) > NOISE * Math.abs(before[name]));
}
