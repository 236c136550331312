/** Plans in words and columns. */
import type { PlanView } from "../actors/gateway/api.ts";
import type { Measured } from "../actors/gateway/served.ts";
import type { SolveAnswer } from "../actors/leader/solver.ts";
import type { ActivePlan } from "../actors/plan.ts";
import { cacheTokensOf, describeProof, formatBytes, type Outcome, typicalRequest } from "../plans/mod.ts";
import { describeCopies } from "./copies-output.ts";
import { describeLevels } from "./levels-output.ts";
import { table } from "./table.ts";

const PLANNERS: Readonly<Record<ActivePlan["planner"], string>> = {
  solver: "planned",
  even: "even split by free memory",
  pinned: "pinned",
};

/** The plan in force, what is expected of it, and what was measured. */
export function describePlan({ state, models, leader, term, measured }: PlanView): string {
  const copies = models.map(describeCopies).filter((line) => line !== "");
  if (state.type === "waiting") return [`no plan: ${state.reason}`, ...copies, ""].join("\n");
  const { plan } = state;
  const { forecast } = plan;
  const rows = plan.segments.map(({ name, device, first, last, bytes, mirror }) => {
    const stage = forecast?.stages.find((stage) => stage.device === device);
    return [
      name,
      device === leader ? "leader" : "",
      first === last ? `${first}` : `${first} to ${last}`,
      stage === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(stage.usableBytes)}`,
      stage === undefined ? "" : `${stage.decodeMilliseconds.toFixed(2)} ms`,
      mirror?.name ?? "",
    ];
  });
  const mirrored = plan.segments.some(({ mirror }) => mirror !== undefined);
  const head = `plan ${plan.number.term}.${plan.number.epoch} (${PLANNERS[plan.planner]}), ` +
    `model ${plan.model.name}, ${plan.model.blocks} blocks, context ${plan.context}, ${plan.concurrency} at once with ${
      cacheTokensOf(plan)
    } tokens, leader's term ${term}`;
  return [
    head,
    "",
    table(["device", "", "blocks", "memory", "time a token", mirrored ? "mirrored on" : ""], rows),
    ...(forecast === undefined ? [] : [...describeForecast(forecast), ""]),
    ...(plan.elastic === undefined
      ? []
      : [describeLevels(plan.elastic, forecast?.promptTokens ?? typicalRequest.promptTokens)]),
    ...(plan.unmirrored === undefined ? [] : [plan.unmirrored, ""]),
    ...copies.flatMap((line) => [line, ""]),
    ...(measured === undefined ? [] : [describeMeasured(measured, forecast?.tpotMilliseconds), ""]),
    ...(forecast === undefined || forecast.verdict === "" ? [] : [forecast.verdict, ""]),
  ].join("\n");
}

function describeForecast(forecast: NonNullable<ActivePlan["forecast"]>): string[] {
  const links = forecast.links.map(({ name, decodeMilliseconds }) => `${name} ${decodeMilliseconds.toFixed(2)} ms`);
  return [
    ...(links.length === 0 ? [] : [`links       ${links.join(", ")}`]),
    `predicted   TTFT ${Math.round(forecast.ttftMilliseconds)} ms (${forecast.promptTokens} tokens), TPOT ${
      forecast.tpotMilliseconds.toFixed(2)
    } ms, ` +
    rateOf(forecast),
    `bottleneck  ${forecast.bottleneck}`,
    `proof       ${describeProof(forecast)}`,
  ];
}

/** Tokens a second of one answer by itself, and of all where there are several. */
function rateOf(
  { tpotMilliseconds, tokensPerSecond, requests = 1 }: {
    readonly tpotMilliseconds: number;
    readonly tokensPerSecond: number;
    readonly requests?: number | undefined;
  },
): string {
  const alone = `${(1000 / tpotMilliseconds).toFixed(1)} tokens/s`;
  return requests === 1 ? alone : `${alone} alone, ${tokensPerSecond.toFixed(1)} with ${requests} at once`;
}

function describeMeasured(
  { answers, ttftMilliseconds, tpotMilliseconds }: Measured,
  predicted: number | undefined,
): string {
  const ratio = predicted === undefined ? "" : `, ${(tpotMilliseconds / predicted).toFixed(2)} times the prediction`;
  return `measured    TTFT ${Math.round(ttftMilliseconds)} ms, TPOT ${tpotMilliseconds.toFixed(2)} ms${ratio} ` +
    `(${answers} answers through this device)`;
}

/** A study: the best plan now, after the changes, and why. */
export function describeStudy({ outcome, explanation, changed }: SolveAnswer, explaining: boolean): string {
  const parts = [describeOutcome(changed === undefined ? "best plan" : "before", outcome)];
  if (changed !== undefined && "outcome" in changed) {
    parts.push(describeOutcome("after", changed.outcome));
    if (outcome.type === "placed" && changed.outcome.type === "placed") {
      const factor = outcome.prediction.objectiveMilliseconds / changed.outcome.prediction.objectiveMilliseconds;
      parts.push(
        `${
          factor >= 1 ? `${factor.toFixed(2)} times better` : `${(1 / factor).toFixed(2)} times worse`
        } after the change\n`,
      );
    }
  }
  if (explaining && explanation !== undefined) {
    if (explanation.verdict !== "") parts.push(`${explanation.verdict}\n`);
    if (explanation.binding.length > 0) {
      parts.push(`what holds it back\n${explanation.binding.map(({ sentence }) => `  ${sentence}`).join("\n")}\n`);
    }
    if (explanation.alternatives.length > 0) {
      const rows = explanation.alternatives.map(({ what, factor }) => [`  ${what}`, `${factor.toFixed(2)} x`]);
      parts.push(table(["alternatives", "time"], rows));
    }
    if (explanation.leftOut.length > 0) {
      parts.push(`left out\n${explanation.leftOut.map(({ sentence }) => `  ${sentence}`).join("\n")}\n`);
    }
  }
  return parts.join("\n");
}

function describeOutcome(title: string, outcome: Outcome): string {
  const refused = outcome.refusals.map(({ what, reason }) => `  left out: ${what}: ${reason}\n`).join("");
  if (outcome.type !== "placed") return `${title}: no plan. ${outcome.reason}\n${refused}`;
  const { stages, promptTokens, ttftMilliseconds, tpotMilliseconds, bottleneck } = outcome.prediction;
  const { movedBytes, movingMilliseconds } = outcome.prediction;
  const moving = movedBytes === 0
    ? ""
    : `  moves ${formatBytes(movedBytes)}, for which ${movingMilliseconds.toFixed(1)} ms are charged to a request\n`;
  const rows = stages.map(({ name, first, last, bytes, usableBytes, decodeMilliseconds }) => [
    name,
    first === last ? `${first}` : `${first} to ${last}`,
    `${formatBytes(bytes)} of ${formatBytes(usableBytes)}`,
    `${decodeMilliseconds.toFixed(2)} ms`,
  ]);
  return `${title}: TTFT ${Math.round(ttftMilliseconds)} ms (${promptTokens} tokens), TPOT ${
    tpotMilliseconds.toFixed(2)
  } ms, ` +
    `${rateOf(outcome.prediction)}, bottleneck ${bottleneck.name}\n` +
    table(["  device", "blocks", "memory", "time a token"], rows.map(([name, ...rest]) => [`  ${name}`, ...rest])) +
    `  ${describeProof(outcome)}\n${moving}${refused}`;
}
