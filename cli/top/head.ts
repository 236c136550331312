/** The head of the screen: model, plan and state; then the way of a token. Pure. */
import type { InspectedDevice } from "../../actors/gateway/api.ts";
import type { ActivePlan } from "../../actors/plan.ts";
import { isUnderWay } from "./answer-rows.ts";
import { waitingIn } from "./device-rows.ts";
import { ends, hueOf, type Line, lineOf, lineWidth, type Span, span, sparkline } from "./line.ts";
import { many, milliseconds, percent, rate, span as timeSpan, timeOfDay } from "./numbers.ts";
import { type Known, paceOf } from "./state.ts";
import { widthOf } from "./text.ts";
import type { Shown, View } from "./view.ts";

/** Columns of the picture of the pace. */
const PACES = 12;

/** Who serves what, how fast, and whether that is how it is now. */
export function headLine(known: Known, view: View, { plan, plans, devices }: Shown, columns: number): Line {
  const { measured, now, look } = known;
  const waits = look?.inspection.state;
  const token = measured === undefined ? [] : [`${milliseconds(measured.tpotMilliseconds)} a token`];
  const predicted = plan?.forecast?.tpotMilliseconds;
  const parts = plan === undefined ? [span(waits?.type === "waiting" ? waits.reason : "…", "warn")] : [
    span(plan.model.name, "strong"),
    ...(plans > 1 ? [span(`(m: ${plans} models)`, "faint")] : []),
    span(`plan ${plan.number.term}.${plan.number.epoch} ${plannedBy(plan)}`),
    ...token.map((text) => span(predicted === undefined ? text : `${text} (${milliseconds(predicted)} predicted)`)),
    span(many(devices.length, "device")),
  ];
  const right = lineOf(span(`${timeOfDay(now)}  `), ...stateOf(known, view), " ");
  const title = span("skein top", "accent");
  const room = columns - lineWidth(right) - widthOf(` ${title.text}  `);
  return ends([span(" "), title, ...spaced(parts, room)], right, columns);
}

/** As many of the pieces as there is room for, the first ones first. */
function spaced(parts: readonly Span[], room: number): Span[] {
  const kept: Span[] = [];
  for (const part of parts) {
    const before = kept.reduce((sum, { text }) => sum + widthOf(text), 0);
    if (kept.length > 0 && before + 3 + widthOf(part.text) > room) continue;
    kept.push(span(kept.length === 0 ? "  " : "   "), part);
  }
  return kept;
}

function plannedBy({ planner, forecast }: ActivePlan): string {
  if (planner !== "solver") return planner === "even" ? "split evenly" : "pinned";
  if (forecast === undefined) return "planned";
  return forecast.gap === 0 ? "planned, exact" : `planned, within ${percent(forecast.gap)}`;
}

function stateOf({ link, now }: Known, { paused }: View): Span[] {
  if (link.type === "lost") return [span(`LOST for ${timeSpan((now - link.since) / 1000)}`, "bad")];
  if (paused) return [span("paused", "warn")];
  return [link.type === "live" ? span("live", "good") : span("…", "faint")];
}

/** The way of a token from device to device and back, what each takes below it, and how fast all of it is. */
export function pathLines(known: Known, { plan }: Shown, columns: number): Line[] {
  if (plan === undefined) return [];
  const { above, below } = wayOf(known, plan, columns);
  const [pace, load] = paceLines(known, plan);
  const room = columns - Math.max(lineWidth(above), lineWidth(below));
  if (room >= Math.max(lineWidth(pace), lineWidth(load)) + 3) {
    const indent = (line: Line): Line => [span(" ".repeat(room - 1 - widest(pace, load))), ...line];
    const left = columns - room;
    return [[above, pace], [below, load]].map(([way = [], right = []]) => {
      return [...way, span(" ".repeat(left - lineWidth(way))), ...indent(right)];
    });
  }
  return [above, below, [span("  "), ...pace, span("   "), ...load]];
}

function widest(...lines: readonly Line[]): number {
  return Math.max(...lines.map(lineWidth));
}

function paceLines(known: Known, plan: ActivePlan): [Line, Line] {
  const under = known.answers.filter(isUnderWay).length;
  const bottleneck = plan.forecast?.bottleneck;
  return [
    [span(`${rate(paceOf(known))} tokens/s `, "strong"), span(sparkline(known.pace, PACES), "accent")],
    [
      span(`${many(under, "answer")}, ${waitingIn(known, plan)} wait`),
      ...(bottleneck === undefined || plan.segments.length < 2 ? [] : [span(`   bottleneck: ${bottleneck}`, "faint")]),
    ],
  ];
}

/** The devices with arrows between them; where those have no room, with short ones. */
function wayOf(known: Known, plan: ActivePlan, columns: number): { readonly above: Line; readonly below: Line } {
  const long = drawWay(known, plan, true);
  return lineWidth(long.above) <= columns ? long : drawWay(known, plan, false);
}

function drawWay(known: Known, plan: ActivePlan, long: boolean): { readonly above: Line; readonly below: Line } {
  const views = known.look?.inspection.devices ?? [];
  const [above, below]: [Span[], Span[]] = [[span("  ")], [span("  ")]];
  for (const [place, segment] of plan.segments.entries()) {
    const next = plan.segments[place + 1];
    const leads = segment.device === known.look?.inspection.leader ? " ★" : "";
    const blocks = segment.first === segment.last ? `${segment.first}` : `${segment.first}-${segment.last}`;
    const took = stepOf(views, plan, place);
    const label = `${segment.name}${leads} ${blocks}`;
    const arrow = next === undefined ? "" : long ? arrowOf(views, segment.device, next.device) : " ▶ ";
    above.push(span(label, hueOf(known.seen, segment.device)), span(arrow, "faint"));
    const width = widthOf(label) + widthOf(arrow);
    below.push(span(`${took}${" ".repeat(Math.max(next === undefined ? 0 : 1, width - widthOf(took)))}`));
  }
  if (!long || plan.segments.length < 2) return { above, below };
  // The drawn token goes back to the first device.
  const difference = lineWidth(below) - lineWidth(above);
  return {
    above: [...above, span(` ${"─".repeat(1 + Math.max(0, difference))}┐`, "faint")],
    below: [...below, span(` ${"◀".padEnd(1 + Math.max(0, -difference), "─")}┘`, "faint")],
  };
}

function arrowOf(views: readonly InspectedDevice[], from: string, to: string): string {
  const trip = tripBetween(views, from, to) ?? tripBetween(views, to, from);
  return trip === undefined ? " ────▶ " : ` ──${milliseconds(trip / 2)}──▶ `;
}

function tripBetween(views: readonly InspectedDevice[], from: string, to: string): number | undefined {
  const view = views.find(({ device }) => device === from);
  if (view === undefined || "error" in view) return undefined;
  return view.links.find(({ device }) => device === to)?.roundTripMilliseconds;
}

/** How long a step takes on a device: as measured lately, or else as predicted. */
function stepOf(views: readonly InspectedDevice[], plan: ActivePlan, place: number): string {
  const segment = plan.segments[place];
  const view = views.find(({ device }) => device === segment?.device);
  if (view === undefined || "error" in view) return "▲ away";
  const look = view.segments.find(({ path }) => path === segment?.ref.path)?.look;
  if (look?.stepMilliseconds !== undefined) return `▲ ${milliseconds(look.stepMilliseconds.mean)}`;
  const predicted = plan.forecast?.stages[place]?.decodeMilliseconds;
  return predicted === undefined ? "▲" : `▲ ~${milliseconds(predicted)}`;
}
