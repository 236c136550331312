/** What a person has chosen to see. */
import { type ActivePlan, comparePlans } from "../../actors/plan.ts";
import type { AnswerRow } from "./answer-rows.ts";
import { type DeviceRow, deviceRows } from "./device-rows.ts";
import { type Part, partsOf } from "./parts.ts";
import { type Known, plansOf } from "./state.ts";
import { type ActorLine, actorRows } from "./actor-rows.ts";

export const PANELS = ["devices", "answers", "actors", "events"] as const;
export type Panel = (typeof PANELS)[number];

export const DEVICE_ORDERS = ["path", "name", "cpu", "memory"] as const;
export const ACTOR_ORDERS = ["tree", "mailbox", "messages", "p99"] as const;

/** What was asked of the mesh, as far as it has answered. */
export type Said =
  | { readonly type: "nothing" }
  | { readonly type: "asking" }
  | { readonly type: "said"; readonly text: string }
  | { readonly type: "failed"; readonly text: string };

/** What the keys do. */
export type Mode =
  | { readonly type: "browse" }
  | { readonly type: "help" }
  /** A filter is typed. */
  | { readonly type: "filter"; readonly text: string }
  /** What if a device left? */
  | {
    readonly type: "what-if";
    readonly device: string;
    readonly name: string;
    readonly said: Said;
    readonly scroll: number;
  }
  /** Borders are moved: the one before part `at`. */
  | { readonly type: "borders"; readonly parts: readonly Part[]; readonly at: number; readonly said: Said }
  /** An invite: asked for only once that was confirmed. */
  | { readonly type: "invite"; readonly said: Said }
  /** A prompt is typed, then answered. */
  | { readonly type: "ask"; readonly prompt: string; readonly said: Said };

/** What messages are shown, beside what happens: of every actor of a device, or of one actor alone. */
export interface Closer {
  readonly device: string;
  readonly name: string;
  readonly path?: string;
}

export interface View {
  readonly panel: Panel;
  /** The place of the model whose plan is shown. */
  readonly model: number;
  /** What is chosen, by device, id or path; where that is gone or nothing was chosen yet, the first. */
  readonly device: string | undefined;
  readonly answer: string | undefined;
  readonly actor: string | undefined;
  readonly deviceOrder: (typeof DEVICE_ORDERS)[number];
  readonly actorOrder: (typeof ACTOR_ORDERS)[number];
  readonly filter: string;
  readonly closer: Closer | undefined;
  /** Lines that the events are scrolled back by; 0 follows them. */
  readonly back: number;
  readonly paused: boolean;
  readonly mode: Mode;
}

export const firstView: View = {
  panel: "devices",
  model: 0,
  device: undefined,
  answer: undefined,
  actor: undefined,
  deviceOrder: "path",
  actorOrder: "tree",
  filter: "",
  closer: undefined,
  back: 0,
  paused: false,
  mode: { type: "browse" },
};

/** What is shown of what is known: the plan, rows in their order, and which of them are chosen. */
export interface Shown {
  readonly plan: ActivePlan | undefined;
  readonly plans: number;
  /** See `Known`. */
  readonly seen: readonly string[];
  readonly devices: readonly DeviceRow[];
  readonly device: DeviceRow | undefined;
  readonly answers: readonly AnswerRow[];
  readonly answer: AnswerRow | undefined;
  readonly actors: readonly ActorLine[];
  readonly actor: ActorLine | undefined;
}

export function shownOf(known: Known, view: View): Shown {
  const plans = plansOf(known);
  const plan = plans[view.model] ?? plans[0];
  const devices = ordered(deviceRows(known, plan), view.deviceOrder);
  const device = devices.find((row) => row.device === view.device) ?? devices[0];
  const actors = actorRows(known, device?.device, view.actorOrder);
  return {
    plan,
    plans: plans.length,
    seen: known.seen,
    devices,
    device,
    answers: known.answers,
    answer: known.answers.find(({ id }) => id === view.answer) ?? known.answers[0],
    actors,
    actor: actors.find(({ path }) => path === view.actor) ?? actors[0],
  };
}

/** The view once this is known: where there is another plan, borders that are being moved begin anew, from how they stand. */
export function anew(view: View, before: Known, after: Known): View {
  if (view.mode.type !== "borders" || before.look === after.look) return view;
  const [old, plan] = [before, after].map((known) => plansOf(known)[view.model]);
  if (plan === undefined || (old !== undefined && comparePlans(old.number, plan.number) === 0)) return view;
  return {
    ...view,
    mode: { ...view.mode, parts: partsOf(plan), at: Math.max(1, Math.min(view.mode.at, plan.segments.length - 1)) },
  };
}

function ordered(rows: readonly DeviceRow[], order: View["deviceOrder"]): readonly DeviceRow[] {
  switch (order) {
    case "path":
      return rows;
    case "name":
      return rows.toSorted((a, b) => a.name.localeCompare(b.name));
    case "cpu":
      return rows.toSorted((a, b) => (b.cpu ?? -1) - (a.cpu ?? -1));
    case "memory":
      return rows.toSorted((a, b) => (b.usedBytes ?? -1) - (a.usedBytes ?? -1));
    default:
      return order satisfies never;
  }
}
