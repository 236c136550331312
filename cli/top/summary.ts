/** The mesh in one line, or in one object, where there is no terminal to draw on. Pure. */
import { clean } from "./text.ts";
import { isUnderWay } from "./answer-rows.ts";
import { deviceRows, waitingIn } from "./device-rows.ts";
import { many, milliseconds, rate, timeOfDay } from "./numbers.ts";
import { type Known, paceOf, plansOf } from "./state.ts";

/** A line, such as "14:02:11  qwen3:4b  plan 3.2  laptop 0-17 > board 18-37  19 tokens/s  2 answers, 0 wait". */
export function summaryLine(known: Known): string {
  const parts = [timeOfDay(known.now), ...wordsOf(known)];
  return parts.map(clean).join("  ");
}

function wordsOf(known: Known): string[] {
  const { link, look, answers, measured } = known;
  if (link.type === "lost") return [`lost: ${link.reason}`];
  if (look === undefined) return ["…"];
  const { state, devices } = look.inspection;
  const [plan] = plansOf(known);
  if (plan === undefined) return [state.type === "waiting" ? state.reason : "no plan", many(devices.length, "device")];
  const rows = deviceRows(known, plan);
  const { term, epoch } = plan.number;
  const idle = rows.length - rows.filter(({ blocks }) => blocks !== undefined).length;
  return [
    plan.model.name,
    `plan ${term}.${epoch}`,
    plan.segments.map(({ name, first, last }) => `${name} ${first}-${last}`).join(" > ") +
    (idle === 0 ? "" : ` (${idle} more)`),
    `${rate(paceOf(known))} tokens/s`,
    `${many(answers.filter(isUnderWay).length, "answer")}, ${waitingIn(known, plan)} wait`,
    ...(measured === undefined ? [] : [`${milliseconds(measured.tpotMilliseconds)} a token`]),
    ...rows.filter(({ bad }) => bad).map(({ name, state }) => `${name}: ${state}`),
  ];
}

/** An object for programs; times in milliseconds, sizes in bytes. */
export function summaryObject(known: Known): object {
  const { now, api, link, look, answers, measured } = known;
  const [plan] = plansOf(known);
  return {
    at: now,
    api,
    live: link.type === "live",
    ...(link.type === "lost" ? { reason: link.reason } : {}),
    leader: look?.inspection.leader ?? null,
    plan: plan === undefined ? null : { ...plan.number, model: plan.model.name, planner: plan.planner },
    predictedTokenMs: plan?.forecast?.tpotMilliseconds ?? null,
    measuredTokenMs: measured?.tpotMilliseconds ?? null,
    tokensPerSecond: paceOf(known),
    waiting: waitingIn(known, plan),
    devices: deviceRows(known, plan),
    answers: answers.filter(isUnderWay),
  };
}
