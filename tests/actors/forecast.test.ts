import assert from "node:assert/strict";
import { test } from "node:test";
import { saysMore } from "../../actors/leader/forecast.ts";
import type { PlanForecast } from "../../actors/plan.ts";

const forecast: PlanForecast = {
  promptTokens: 128,
  ttftMilliseconds: 300,
  tpotMilliseconds: 20,
  tokensPerSecond: 50,
  bottleneck: "a (stage)",
  solver: "exact",
  gap: 0.01,
  proofs: [{ solver: "exact", bound: 2500 }],
  verdict: "",
  stages: [],
  links: [],
};

test("a forecast says more than the one before by a proof more, or by numbers beyond noise", () => {
  assert.equal(saysMore(undefined, forecast), true);
  assert.equal(
    saysMore(forecast, { ...forecast, tpotMilliseconds: 20.3, proofs: [{ solver: "exact", bound: 2530 }] }),
    false,
  );
  assert.equal(saysMore(forecast, { ...forecast, tpotMilliseconds: 21 }), true);
  const seconded = { ...forecast, proofs: [...forecast.proofs, { solver: "linear", bound: 2510 }] };
  assert.equal(saysMore(forecast, seconded), true);
  assert.equal(saysMore(seconded, forecast), false);
});
